// What has to be there before Usher can start: where its image lies, and where its key does. `azure.bicep` comes after it.

@description('Begins the name of everything that is made here.')
@minLength(3)
@maxLength(20)
param resourceBaseName string

param location string = resourceGroup().location

// The names of registries and vaults are the whole world's. A vault's has 24 characters at most, and these are 13.
var uniqueName = '${take(replace(resourceBaseName, '-', ''), 11)}${uniqueString(resourceGroup().id)}'

var acrPull = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')
var keyVaultSecretsUser = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')

// Fetches the image and the key for the platform. The process itself cannot ask for its tokens (see modules/app.bicep).
resource pullIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${resourceBaseName}-pull'
  location: location
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-04-01' = {
  name: uniqueName
  location: location
  sku: {
    name: 'Basic'
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
  }
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: uniqueName
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    // A lost key is a lost audit and lost secrets, so nobody can purge it before that time.
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
  }
}

resource mayPull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, pullIdentity.id, acrPull)
  scope: registry
  properties: {
    roleDefinitionId: acrPull
    principalId: pullIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

resource mayReadSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, pullIdentity.id, keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: keyVaultSecretsUser
    principalId: pullIdentity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

output REGISTRY_NAME string = registry.name
output REGISTRY_SERVER string = registry.properties.loginServer
output VAULT_NAME string = vault.name
output VAULT_RESOURCE_ID string = vault.id
output PULL_IDENTITY_NAME string = pullIdentity.name
