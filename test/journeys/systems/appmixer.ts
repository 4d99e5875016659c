import { byLink, consentLink, declared, graph, type Systems, withRequester } from "../../support/variants.ts";

const apiUrl = "https://api.larkfield.appmixer.cloud";
const callback = `${apiUrl}/auth/microsoft/callback`;
const picker = `${apiUrl}/plugins/appmixer/microsoft/onedrive/picker`;

const appmixer = {
  name: "Appmixer",
  web: [callback],
  // None of the four needs an administrator, and the page asks for none.
  ...declared(graph("delegated", "Files.Read.All Files.ReadWrite.All offline_access User.Read")),
  secrets: ["Appmixer, 24 months"],
};
const personal = { audience: "AzureADandPersonalMicrosoftAccount", tokenVersion: 2 };

const backoffice = "Goes in: Backoffice configuration appmixer:microsoft";
const keys = {
  clientId: `<client id> ${backoffice}`,
  clientSecret: `${byLink} ${backoffice}`,
};
const namedTenant = {
  ...keys,
  microsoftTenant: `true ${backoffice}`,
  Tenant: "<tenant id> Goes in: connection form (Connect account)",
};
export const appmixerSystems: Systems = {
  appmixer: [
    {
      it: "is for everybody, with tokens of version 2, when nothing else is said",
      answers: { apiUrl: `${apiUrl}/` },
      makes: { ...appmixer, ...personal, ...withRequester },
      hands: { ...keys, ...consentLink(callback) },
      tells: /Connector Configuration.*24 months/,
      isOpened: true,
    },
    {
      it: "is for any organisation",
      answers: { apiUrl, accounts: "orgs", onedrivePicker: false, secretMonths: 12 },
      makes: {
        ...appmixer,
        ...withRequester,
        audience: "AzureADMultipleOrgs",
        secrets: ["Appmixer, 12 months"],
      },
      hands: { ...keys, ...consentLink(callback) },
    },
    {
      it: "has the picker's address and both of its tokens",
      answers: { apiUrl, accounts: "orgs-and-personal", onedrivePicker: true },
      makes: {
        ...appmixer,
        ...personal,
        ...withRequester,
        web: [callback, picker],
        idTokens: true,
        accessTokens: true,
      },
      hands: { ...keys, ...consentLink(callback) },
    },
    {
      it: "has the picker for any organisation too",
      answers: { apiUrl, accounts: "orgs", onedrivePicker: true },
      makes: {
        ...appmixer,
        ...withRequester,
        audience: "AzureADMultipleOrgs",
        web: [callback, picker],
        idTokens: true,
        accessTokens: true,
      },
      hands: { ...keys, ...consentLink(callback) },
    },
    {
      it: "is for our own tenant, which people name",
      answers: { apiUrl, accounts: "own-tenant", customTenant: true },
      makes: { ...appmixer, ...withRequester },
      hands: namedTenant,
      tells: /tenant ID into the field Tenant/,
      tellsNot: /or the word common/,
    },
    {
      it: "lets people of any organisation name theirs, or common",
      answers: { apiUrl, accounts: "orgs", customTenant: true },
      makes: { ...appmixer, ...withRequester, audience: "AzureADMultipleOrgs" },
      hands: { ...namedTenant, ...consentLink(callback) },
      tells: /or the word common/,
    },
    {
      it: "is turned away for our own tenant when nobody names it",
      answers: { apiUrl, accounts: "own-tenant", customTenant: false },
      says: "Without microsoftTenant Appmixer signs everybody in through /common, which an app for our tenant alone turns away.",
    },
    {
      it: "is turned away for our own tenant with the picker",
      answers: { apiUrl, accounts: "own-tenant", customTenant: true, onedrivePicker: true },
      says: "The OneDrive file picker always signs in through /common, so the app cannot be for our tenant alone.",
    },
  ],
};
