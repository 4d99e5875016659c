// The registration that makes Teams send what people say to Usher.

param resourceBaseName string
param displayName string
param identityResourceId string
param identityClientId string
param publicUrl string

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  // The names of bots are the whole world's.
  name: '${resourceBaseName}-${uniqueString(resourceGroup().id)}'
  location: 'global'
  kind: 'azurebot'
  sku: {
    // Teams is a standard channel: free without a limit.
    name: 'F0'
  }
  properties: {
    displayName: displayName
    endpoint: '${publicUrl}/api/messages'
    msaAppType: 'UserAssignedMSI'
    msaAppId: identityClientId
    msaAppTenantId: tenant().tenantId
    msaAppMSIResourceId: identityResourceId
    disableLocalAuth: true
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
    }
  }
}
