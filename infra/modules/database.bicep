// PostgreSQL for Usher alone. Nobody signs in to it with a password.

param resourceBaseName string
param location string
param subnetId string
param privateDnsZoneId string
param administratorName string
param administratorObjectId string
param sku string
param tier string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: '${resourceBaseName}-${uniqueString(resourceGroup().id)}'
  location: location
  sku: {
    name: sku
    tier: tier
  }
  properties: {
    version: '18'
    createMode: 'Default'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: tenant().tenantId
    }
    storage: {
      storageSizeGB: 32
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: 35
      geoRedundantBackup: 'Disabled'
    }
    network: {
      publicNetworkAccess: 'Disabled'
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: privateDnsZoneId
    }
    highAvailability: {
      mode: 'Disabled'
    }
  }
}

// The server holds nothing but Usher's own tables, which Usher makes and changes itself: its administrator is Usher.
resource administrator 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2025-08-01' = {
  parent: server
  name: administratorObjectId
  properties: {
    principalName: administratorName
    principalType: 'ServicePrincipal'
    tenantId: tenant().tenantId
  }
}

// The identity's name is the user, and its token the password, so there is none in the address. The database is the one
// that every server has: its administrators own it, and may make schemas there. One that a template adds belongs to
// nobody who signs in.
output url string = 'postgres://${administratorName}@${server.properties.fullyQualifiedDomainName}/postgres'
