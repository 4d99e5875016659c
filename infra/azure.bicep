// Usher in Azure: its identities, database, processes and bot registration. `foundation.bicep` comes before it.

@description('Begins the name of everything that is made here.')
@minLength(3)
@maxLength(20)
param resourceBaseName string

param location string = resourceGroup().location

@description('What the bot is called in Teams.')
@maxLength(42)
param botDisplayName string

@description('The image to run, with its registry and tag.')
param image string

@description('Outputs of foundation.bicep.')
param registryServer string
param vaultName string
param pullIdentityName string

@description('Client id of the registration that people sign in with to open a link.')
param signInClientId string

@description('Object ids of the Entra groups.')
param approversGroup string
param adminsGroup string

@description('identity: a managed identity of its own grants consent. none: Usher may not, and an administrator does.')
@allowed([
  'identity'
  'none'
])
param consent string

@description('Several processes share the database; two, so that one may be replaced or lost.')
@minValue(1)
param minReplicas int = 2
@minValue(1)
param maxReplicas int = 3

param databaseSku string = 'Standard_B1ms'
@allowed([
  'Burstable'
  'GeneralPurpose'
  'MemoryOptimized'
])
param databaseTier string = 'Burstable'

// An http route may have small letters and digits only. It is the first part of the public host.
var routeName = toLower(replace(resourceBaseName, '-', ''))
var mayConsent = consent == 'identity'

// Talks to Teams and signs in to the database. It holds no right in Entra.
resource botIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${resourceBaseName}-bot'
  location: location
}

// Its rights on Microsoft Graph, and those of the next one, are given by an administrator: npm run grant-permissions.
resource provisioningIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${resourceBaseName}-provisioning'
  location: location
}

resource consentIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (mayConsent) {
  name: '${resourceBaseName}-consent'
  location: location
}

module network 'modules/network.bicep' = {
  name: 'network'
  params: {
    resourceBaseName: resourceBaseName
    location: location
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  params: {
    resourceBaseName: resourceBaseName
    location: location
  }
}

module database 'modules/database.bicep' = {
  name: 'database'
  params: {
    resourceBaseName: resourceBaseName
    location: location
    subnetId: network.outputs.databaseSubnetId
    privateDnsZoneId: network.outputs.privateDnsZoneId
    administratorName: botIdentity.name
    administratorObjectId: botIdentity.properties.principalId
    sku: databaseSku
    tier: databaseTier
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  params: {
    resourceBaseName: resourceBaseName
    location: location
    routeName: routeName
    image: image
    registryServer: registryServer
    vaultName: vaultName
    pullIdentityName: pullIdentityName
    processIdentityIds: concat([botIdentity.id, provisioningIdentity.id], mayConsent ? [consentIdentity.id] : [])
    subnetId: network.outputs.appsSubnetId
    subnetRange: network.outputs.appsSubnetRange
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    botClientId: botIdentity.properties.clientId
    provisioningClientId: provisioningIdentity.properties.clientId
    consentClientId: mayConsent ? consentIdentity.properties.clientId : 'none'
    signInClientId: signInClientId
    databaseUrl: database.outputs.url
    approversGroup: approversGroup
    adminsGroup: adminsGroup
    minReplicas: minReplicas
    maxReplicas: maxReplicas
  }
}

module bot 'modules/bot.bicep' = {
  name: 'bot'
  params: {
    resourceBaseName: resourceBaseName
    displayName: botDisplayName
    identityResourceId: botIdentity.id
    identityClientId: botIdentity.properties.clientId
    publicUrl: app.outputs.publicUrl
  }
}

output BOT_ID string = botIdentity.properties.clientId
output BOT_TENANT_ID string = tenant().tenantId
output PROVISIONING_CLIENT_ID string = provisioningIdentity.properties.clientId
output CONSENT_CLIENT_ID string = mayConsent ? consentIdentity.properties.clientId : 'none'
output PUBLIC_URL string = app.outputs.publicUrl
output ROUTE_HOST string = app.outputs.routeHost
output CONTAINER_APP_NAME string = app.outputs.containerAppName
