// Usher's processes. From outside only two paths lead to them; what they say about themselves stays inside.

param resourceBaseName string
param location string
param routeName string
param image string
param registryServer string
param vaultName string
param pullIdentityName string
param processIdentityIds array
param subnetId string
param subnetRange string
param workspaceId string
param applicationInsightsName string
param botClientId string
param provisioningClientId string
param consentClientId string
param signInClientId string
param databaseUrl string
param approversGroup string
param adminsGroup string
param minReplicas int
param maxReplicas int

var port = 3978
var publicUrl = 'https://${routeName}.${environment.properties.defaultDomain}'

resource pullIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: pullIdentityName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

// A preview version, for the agent that takes traces from the processes and sends them on. It sets
// OTEL_EXPORTER_OTLP_ENDPOINT for them.
resource environment 'Microsoft.App/managedEnvironments@2025-10-02-preview' = {
  name: '${resourceBaseName}-apps'
  location: location
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: subnetId
      internal: false
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    appInsightsConfiguration: {
      connectionString: applicationInsights.properties.ConnectionString
    }
    openTelemetryConfiguration: {
      tracesConfiguration: {
        destinations: [
          'appInsights'
        ]
      }
    }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: environment
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'ContainerAppConsoleLogs'
        enabled: true
      }
      {
        category: 'ContainerAppSystemLogs'
        enabled: true
      }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: '${resourceBaseName}-app'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(concat([pullIdentity.id], processIdentityIds), id => id, id => {})
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      // A new version takes over when it is ready, beside the old one.
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 5
      ingress: {
        external: false
        targetPort: port
        transport: 'http'
        allowInsecure: false
        stickySessions: {
          affinity: 'none'
        }
      }
      registries: [
        {
          server: registryServer
          identity: pullIdentity.id
        }
      ]
      secrets: [
        {
          name: 'secret-key'
          keyVaultUrl: '${vault.properties.vaultUri}secrets/secret-key'
          identity: pullIdentity.id
        }
      ]
      identitySettings: concat(
        [
          {
            identity: pullIdentity.id
            lifecycle: 'None'
          }
        ],
        map(processIdentityIds, id => {
          identity: id
          lifecycle: 'Main'
        })
      )
    }
    template: {
      // Usher finishes or hands over within ten seconds.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'usher'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: [
            {
              name: 'BOT_ID'
              value: botClientId
            }
            {
              name: 'BOT_TENANT_ID'
              value: tenant().tenantId
            }
            {
              name: 'BOT_TYPE'
              value: 'UserAssignedMSI'
            }
            {
              name: 'PROVISIONING_CLIENT_ID'
              value: provisioningClientId
            }
            {
              name: 'CONSENT_CLIENT_ID'
              value: consentClientId
            }
            {
              name: 'SIGNIN_CLIENT_ID'
              value: signInClientId
            }
            {
              name: 'SECRET_KEY'
              secretRef: 'secret-key'
            }
            {
              name: 'PUBLIC_URL'
              value: publicUrl
            }
            {
              name: 'PORT'
              value: string(port)
            }
            {
              // Only the platform's own proxies reach the processes: from its reserved range, or from the subnet.
              name: 'TRUSTED_PROXIES'
              value: '100.100.0.0/16,${subnetRange}'
            }
            {
              name: 'DATABASE_URL'
              value: databaseUrl
            }
            {
              name: 'DATABASE_CLIENT_ID'
              value: botClientId
            }
            {
              name: 'APPROVERS_GROUP'
              value: approversGroup
            }
            {
              name: 'ADMINS_GROUP'
              value: adminsGroup
            }
          ]
          probes: [
            {
              type: 'Startup'
              httpGet: {
                path: '/livez'
                port: port
              }
              periodSeconds: 2
              failureThreshold: 60
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/livez'
                port: port
              }
              periodSeconds: 10
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: port
              }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'http'
            http: {
              metadata: {
                concurrentRequests: '50'
              }
            }
          }
        ]
      }
    }
  }
}

resource route 'Microsoft.App/managedEnvironments/httpRouteConfigs@2025-07-01' = {
  parent: environment
  name: routeName
  properties: {
    rules: [
      {
        description: 'Teams, and people who open a link'
        targets: [
          {
            containerApp: app.name
          }
        ]
        routes: [
          {
            match: {
              path: '/api/messages'
              caseSensitive: true
            }
          }
          {
            match: {
              prefix: '/s/'
              caseSensitive: true
            }
          }
        ]
      }
    ]
  }
}

output publicUrl string = publicUrl
output routeHost string = route.properties.fqdn
output containerAppName string = app.name
