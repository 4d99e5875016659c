// Real names and ids of Microsoft Graph's permissions (August 2026), a selection. Read by resources.ts.

/** Application permissions, one per line: name | id | display name. */
export const graphAppRoles = `
AccessReview.Read.All | d07a8cc0-3d51-4b77-b3b0-32704d1f69fa | Read all access reviews
Application-RemoteDesktopConfig.ReadWrite.All | 3be0012a-cc4e-426b-895b-f9c836bf6381 | Read and write the remote desktop security configuration for all apps
Application.Read.All | 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30 | Read all applications
Application.ReadWrite.All | 1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9 | Read and write all applications
Application.ReadWrite.OwnedBy | 18a4783c-866b-4cc7-a460-3d5e5662c884 | Manage apps that this app creates or owns
AppRoleAssignment.ReadWrite.All | 06b708a9-e830-4db3-a914-8e69da51d44f | Manage app permission grants and app role assignments
AuditLog.Read.All | b0afded3-3588-46d8-8b3d-9842eff778da | Read all audit log data
Calendars.Read | 798ee544-9d2d-430c-a058-570e29e34338 | Read calendars in all mailboxes
Calendars.ReadWrite | ef54d2bf-783f-4e0f-bca1-3210c0444d99 | Read and write calendars in all mailboxes
Channel.ReadBasic.All | 59a6b24b-4225-4393-8165-ebaec5f55d7a | Read the names and descriptions  of all channels
ChannelMessage.Read.All | 7b2449af-6ccd-4f4d-9f78-e550c193f0d1 | Read all channel messages
Contacts.Read | 089fe4d0-434a-44c5-8827-41ba8a0b17f5 | Read contacts in all mailboxes
DelegatedPermissionGrant.ReadWrite.All | 8e8e4742-1d95-4f68-9d56-6ee75648c72a | Manage all delegated permission grants
Device.Read.All | 7438b122-aefc-4978-80ed-43db9fcc7715 | Read all devices
DeviceManagementManagedDevices.Read.All | 2f51be20-0bb4-4fed-bf7b-db946066c75e | Read Microsoft Intune devices
Directory.Read.All | 7ab1d382-f21e-4acd-a863-ba3e13f7da61 | Read directory data
Directory.ReadWrite.All | 19dbc75e-c2e2-444c-a770-ec69d8559fc7 | Read and write directory data
Domain.Read.All | dbb9058a-0e50-45d7-ae91-66909b5d4664 | Read domains
Domain.ReadWrite.All | 7e05723c-0bb0-42da-be95-ae9f08a6e53c | Read and write domains
eDiscovery.ReadWrite.All | b2620db1-3bf7-4c5b-9cb9-576d29eac736 | Read and write all eDiscovery objects
Files.Read.All | 01d4889c-1287-42c6-ac1f-5d1e02578ef6 | Read files in all site collections
Files.ReadWrite.All | 75359482-378d-4052-8f01-80520e7db3cd | Read and write files in all site collections
Group-Conversation.Read.All | 4f0a8235-6f6f-4ec7-9500-34b452a4a0c3 | Read all group conversations
Group.Read.All | 5b567255-7703-4780-807c-7be8301ae99b | Read all groups
Group.ReadWrite.All | 62a82d76-70ea-41e2-9197-370581804d09 | Read and write all groups
GroupMember.Read.All | 98830695-27a2-44f7-8c18-0c3ebc9698f6 | Read all group memberships
GroupMember.ReadWrite.All | dbaae8cf-10b5-4b86-a4a1-f871c94c6695 | Read and write all group memberships
IdentityRiskyUser.Read.All | dc5007c0-2d7d-4c42-879c-2dab87571379 | Read all identity risky user information
Mail.Read | 810c84a8-4a9e-49e6-bf7d-12d183f40d01 | Read mail in all mailboxes
Mail.ReadWrite | e2a3a72e-5f79-4c64-b1b1-878b674786c9 | Read and write mail in all mailboxes
Mail.Send | b633e1c5-b582-4048-a93e-9f11b44c7e96 | Send mail as any user
MailboxSettings.Read | 40f97065-369a-49f4-947c-6a255697ae91 | Read all user mailbox settings
MultiTenantOrganization.ReadWrite.All | 920def01-ca61-4d2d-b3df-105b46046a70 | Read and write all multi-tenant organization details and tenants
Notes.Read.All | 3aeca27b-ee3a-4c2b-8ded-80376e2134a4 | Read all OneNote notebooks
OnlineMeetings.Read.All | c1684f21-1984-47fa-9d61-2dc8c296bb70 | Read online meeting details
Organization.Read.All | 498476ce-e0fe-48b0-b801-37ba7e2685c6 | Read organization information
People.Read.All | b528084d-ad10-4598-8b93-929746b4d7d6 | Read all users' relevant people lists
Policy.Read.All | 246dd0d5-5bd0-4def-940b-0421030a5b68 | Read your organization's policies
Policy.ReadWrite.ConditionalAccess | 01c0a623-fc9b-48e9-b794-0756f8e8f067 | Read and write your organization's conditional access policies
Presence.Read.All | a70e0c2d-e793-494c-94c4-118fa0a67f42 | Read presence information for all users
PrivilegedAccess.ReadWrite.AzureADGroup | 2f6817f8-7b12-4f0f-bc18-eeaf60705a9e | Read and write privileged access to Azure AD groups
Reports.Read.All | 230c1aed-a721-4c5d-9cb4-a90514e508ef | Read all usage reports
RoleAssignmentSchedule.ReadWrite.Directory | dd199f4a-f148-40a4-a2ec-f0069cc799ec | Read, update, and delete all policies for privileged role assignments of your company's directory
RoleManagement.Read.All | c7fbd983-d9aa-4fa7-84b8-17382c103bc4 | Read role management data for all RBAC providers
RoleManagement.Read.Directory | 483bed4a-2ad3-4361-a73b-c83ccdbdc53c | Read all directory RBAC settings
RoleManagement.ReadWrite.Directory | 9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8 | Read and write all directory RBAC settings
SecurityEvents.Read.All | bf394140-e372-4bf9-a898-299cfc7564e5 | Read your organization’s security events
ServiceHealth.Read.All | 79c261e0-fe76-4144-aad5-bdc68fbe4037 | Read service health
Sites.FullControl.All | a82116e5-55eb-4c41-a434-62fe8a61c773 | Have full control of all site collections
Sites.Read.All | 332a536c-c7ef-4017-ab91-336970924f0d | Read items in all site collections 
Sites.ReadWrite.All | 9492366f-7969-46a4-8d15-ed1a20078fff | Read and write items in all site collections
Sites.Selected | 883ea226-0bf2-4a8f-9f9d-92c9162a727d | Access selected site collections
Team.ReadBasic.All | 2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e | Get a list of all teams
TeamMember.Read.All | 660b7406-55f1-41ca-a0ed-0b035e182f3e | Read the members of all teams
User-PasswordProfile.ReadWrite.All | cc117bb9-00cf-4eb8-b580-ea2a878fe8f7 | Read and write all password profiles and reset user passwords
User.EnableDisableAccount.All | 3011c876-62b7-4ada-afa2-506cbbecc68c | Enable and disable user accounts
User.Invite.All | 09850681-111b-4a89-9bed-3f2cae46d706 | Invite guest users to the organization
User.ManageIdentities.All | c529cfca-c91b-489c-af2b-d92990b66ce6 | Manage all users' identities
User.Read.All | df021288-bdef-4463-88db-98f22de89214 | Read all users' full profiles
User.ReadBasic.All | 97235f07-e226-4f63-ace3-39588e11d3a1 | Read all users' basic profiles
User.ReadWrite.All | 741f803b-c850-494e-b5df-cde7c675a1ca | Read and write all users' full profiles
UserAuthenticationMethod.ReadWrite.All | 50483e42-d915-4231-9639-7fdb7fd190e5 | Read and write all users' authentication methods 
`;

/** Delegated permissions, one per line: name | id | who may consent | display name. */
export const graphScopes = `
AccessReview.Read.All | ebfcd32b-babb-40f4-a14b-42706e83bd28 | admin | Read all access reviews that user can access
Application-RemoteDesktopConfig.ReadWrite.All | ffa91d43-2ad8-45cc-b592-09caddeb24bb | admin | Read and write the remote desktop security configuration for apps
Application.Read.All | c79f8feb-a9db-4090-85f9-90d820caa0eb | admin | Read applications
Application.ReadWrite.All | bdfbf15f-ee85-4955-8675-146e8e5296b5 | admin | Read and write applications
AppRoleAssignment.ReadWrite.All | 84bccea3-f856-4a8a-967b-dbe0a3d53a64 | admin | Manage app permission grants and app role assignments
AuditLog.Read.All | e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 | admin | Read audit log data
Calendars.Read | 465a38f9-76ea-45b9-9f34-9e8b0d4b0b42 | user | Read user calendars 
Calendars.ReadWrite | 1ec239c2-d7c9-4623-a91a-a9775856bb36 | user | Have full access to user calendars 
Channel.ReadBasic.All | 9d8982ae-4365-4f57-95e9-d6032a4c0b87 | user | Read the names and descriptions of channels
ChannelMessage.Read.All | 767156cb-16ae-4d10-8f8b-41b657c8c8c8 | admin | Read user channel messages
ChannelMessage.Send | ebf0f66e-9fb1-49e4-a278-222f76911cf4 | user | Send channel messages
Chat.Read | f501c180-9344-439a-bca0-6cbf209fd270 | user | Read user chat messages
Chat.ReadWrite | 9ff7295e-131b-4d94-90e1-69fde507ac11 | user | Read and write user chat messages
Contacts.Read | ff74d97f-43af-4b68-9f2a-b77ee6968c5d | user | Read user contacts 
DelegatedPermissionGrant.ReadWrite.All | 41ce6ca6-6826-4807-84f1-1c82854f7ee5 | admin | Manage all delegated permission grants
Device.Read.All | 951183d1-1a61-466f-a6d1-1fde911bfd95 | admin | Read all devices
DeviceManagementManagedDevices.Read.All | 314874da-47d6-4978-88dc-cf0d37f0bb82 | admin | Read Microsoft Intune devices
Directory.AccessAsUser.All | 0e263e50-5827-48a4-b97c-d940288653c7 | admin | Access directory as the signed in user
Directory.Read.All | 06da0dbc-49e2-44d2-8312-53f166ab848a | admin | Read directory data
Directory.ReadWrite.All | c5366453-9fb0-48a5-a156-24f0c49a4b84 | admin | Read and write directory data
Domain.Read.All | 2f9ee017-59c1-4f1d-9472-bd5529a7b311 | admin | Read domains.
Domain.ReadWrite.All | 0b5d694c-a244-4bde-86e6-eb5cd07730fe | admin | Read and write domains
eDiscovery.ReadWrite.All | acb8f680-0834-4146-b69e-4ab1b39745ad | admin | Read and write all eDiscovery objects
email | 64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 | user | View users' email address
Files.Read | 10465720-29dd-4523-a11a-6a75c743c9d9 | user | Read user files
Files.Read.All | df85f4d6-205c-4ac5-a5ea-6bf408dba283 | user | Read all files that user can access
Files.ReadWrite | 5c28f0bf-8a70-41f1-8ab2-9032436ddb65 | user | Have full access to user files
Files.ReadWrite.All | 863451e7-0667-486c-a5d6-d135439485f0 | user | Have full access to all files user can access
Group-Conversation.Read.All | c92fbbc2-50e0-4842-93ef-385c3293ea3d | admin | Read group conversations
Group.Read.All | 5f8c59db-677d-491f-a6b8-5f174b11ec1d | admin | Read all groups
Group.ReadWrite.All | 4e46008b-f24c-477d-8fff-7bb4ec7aafe0 | admin | Read and write all groups
GroupMember.Read.All | bc024368-1153-4739-b217-4326f2e966d0 | admin | Read group memberships
GroupMember.ReadWrite.All | f81125ac-d3b7-4573-a3b2-7099cc39df9e | admin | Read and write group memberships
IdentityRiskyUser.Read.All | d04bb851-cb7c-4146-97c7-ca3e71baf56c | admin | Read identity risky user information
Mail.Read | 570282fd-fa5c-430d-a7fd-fc8dc98a9dca | user | Read user mail 
Mail.ReadWrite | 024d486e-b451-40bb-833d-3e66d98c5c73 | user | Read and write access to user mail 
Mail.Send | e383f46e-2787-4529-855e-0e479a3ffac0 | user | Send mail as a user 
MailboxSettings.Read | 87f447af-9fa4-4c32-9dfa-4a57a73d18ce | user | Read user mailbox settings
ManagedTenants.ReadWrite.All | b31fa710-c9b3-4d9e-8f5e-8036eecddab9 | admin | Read and write all managed tenant information
MultiTenantOrganization.ReadWrite.All | 77af1528-84f3-4023-8d90-d219cd433108 | admin | Read and write multi-tenant organization details and tenants
Notes.Read.All | dfabfca6-ee36-4db2-8208-7a28381419b3 | user | Read all OneNote notebooks that user can access
offline_access | 7427e0e9-2fba-42fe-b0c0-848c9e6a8182 | user | Maintain access to data you have given it access to
openid | 37f7f235-527c-4136-accd-4a02d197296e | user | Sign users in
Organization.Read.All | 4908d5b9-3fb2-4b1e-9336-1888b7937185 | admin | Read organization information
People.Read.All | b89f9189-71a5-4e70-b041-9887f0bc7e4a | admin | Read all users' relevant people lists
Policy.Read.All | 572fea84-0151-49b2-9301-11cb16974376 | admin | Read your organization's policies
Policy.ReadWrite.ConditionalAccess | ad902697-1014-4ef5-81ef-2b4301988e8c | admin | Read and write your organization's conditional access policies
Presence.Read.All | 9c7a330d-35b3-4aa1-963d-cb2b9f927841 | user | Read presence information of all users in your organization
PrivilegedAccess.ReadWrite.AzureADGroup | 32531c59-1f32-461f-b8df-6f8a3b89f73b | admin | Read and write privileged access to Azure AD groups
profile | 14dad69e-099b-42c9-810b-d002981feec1 | user | View users' basic profile
Reports.Read.All | 02e97553-ed7b-43d0-ab3c-f8bace0d040c | admin | Read all usage reports
RoleAssignmentSchedule.ReadWrite.Directory | 8c026be3-8e26-4774-9372-8d5d6f21daff | admin | Read, update, and delete all active role assignments for your company's directory
RoleManagement.Read.All | 48fec646-b2ba-4019-8681-8eb31435aded | admin | Read role management data for all RBAC providers
RoleManagement.Read.Directory | 741c54c3-0c1e-44a1-818b-3f97ab4e8c83 | admin | Read directory RBAC settings
RoleManagement.ReadWrite.Directory | d01b97e9-cbc0-49fe-810a-750afd5527a3 | admin | Read and write directory RBAC settings
SecurityEvents.Read.All | 64733abd-851e-478a-bffb-e47a14b18235 | admin | Read your organization’s security events
ServiceHealth.Read.All | 55896846-df78-47a7-aa94-8d3d4442ca7f | admin | Read service health
Sites.FullControl.All | 5a54b8b3-347c-476d-8f8e-42d5c7424d29 | admin | Have full control of all site collections
Sites.Read.All | 205e70e5-aba6-4c52-a976-6d2d46c48043 | user | Read items in all site collections
Sites.ReadWrite.All | 89fe6a52-be36-487e-b7d8-d061c450a026 | user | Edit or delete items in all site collections
Sites.Selected | f89c84ef-20d0-4b54-87e9-02e856d66d53 | user | Access selected Sites, on behalf of the signed-in user
Subscription.Read.All | 5f88184c-80bb-4d52-9ff2-757288b2e9b7 | admin | Read all webhook subscriptions 
Tasks.Read | f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb | user | Read user's tasks and task lists
Tasks.ReadWrite | 2219042f-cab5-40cc-b0d2-16b1540b4c5f | user | Create, read, update, and delete user’s tasks and task lists
Team.ReadBasic.All | 485be79e-c497-4b35-9400-0e3fa7f2a5d4 | user | Read the names and descriptions of teams
TeamMember.Read.All | 2497278c-d82d-46a2-b1ce-39d4cdde5570 | admin | Read the members of teams
User-PasswordProfile.ReadWrite.All | 56760768-b641-451f-8906-e1b8ab31bca7 | admin | Read and write password profiles and reset user passwords
User.EnableDisableAccount.All | f92e74e7-2563-467f-9dd0-902688cb5863 | admin | Enable and disable user accounts
User.Invite.All | 63dd7cd9-b489-4adf-a28c-ac38b9a0f962 | admin | Invite guest users to the organization
User.ManageIdentities.All | 637d7bec-b31e-4deb-acc9-24275642a2c9 | admin | Manage  user identities
User.Read | e1fe6dd8-ba31-4d61-89e7-88639da4683d | user | Sign in and read user profile
User.Read.All | a154be20-db9c-4678-8ab7-66f6cc099a59 | admin | Read all users' full profiles
User.ReadBasic.All | b340eb25-3456-403f-be2f-af7a0d370277 | user | Read all users' basic profiles
User.ReadWrite | b4e74841-8e56-480b-be8b-910348b18b4c | user | Read and write access to user profile
User.ReadWrite.All | 204e0828-b5ca-4ad8-b9f3-f32a958e7cc4 | admin | Read and write all users' full profiles
UserAuthenticationMethod.ReadWrite | 48971fc1-70d7-4245-af77-0beb29b53ee2 | admin | Read and write user authentication methods
UserAuthenticationMethod.ReadWrite.All | b7887744-6746-4312-813d-72daeaee7e2d | admin | Read and write all users' authentication methods
`;
