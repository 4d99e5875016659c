/** Directory roles that can be assigned, with the template ids that are the same in every tenant. */
export const roleTemplates: { id: string; displayName: string }[] = [
  { id: "62e90394-69f5-4237-9190-012177145e10", displayName: "Global Administrator" },
  { id: "fe930be7-5e62-47db-91af-98c3a49a38b1", displayName: "User Administrator" },
  { id: "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", displayName: "Privileged Authentication Administrator" },
  { id: "29232cdf-9323-42fd-ade2-1d097af3e4de", displayName: "Exchange Administrator" },
  { id: "f2ef992c-3afb-46b9-b7cf-a126ee74c451", displayName: "Global Reader" },
  { id: "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", displayName: "Directory Readers" },
  { id: "4a5d8f65-41da-4de4-8968-e035b65339cf", displayName: "Reports Reader" },
  { id: "5d6b6bb7-de71-4623-b4af-96380a352509", displayName: "Security Reader" },
  { id: "e8611ab8-c189-46e8-94e1-60213ab1f814", displayName: "Privileged Role Administrator" },
  { id: "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", displayName: "Application Administrator" },
  { id: "69091246-20e8-4a56-aa4d-066075b2a7a8", displayName: "Teams Administrator" },
  { id: "f28a1f50-f6e7-4571-818b-6a12f2af6b6c", displayName: "SharePoint Administrator" },
];
