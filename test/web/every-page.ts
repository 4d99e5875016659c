import * as certificatePages from "../../src/web/certificate-pages.ts";
import type { Html } from "../../src/web/html.ts";
import * as pages from "../../src/web/pages.ts";
import * as passPages from "../../src/web/pass-pages.ts";
import { aRequest, aView } from "../teams/views.ts";

const links = { base: "/s" };
const press = { at: "/s/token/press", check: "check" };
const where = "Identity Manager, Connectors > Microsoft Entra ID";
const handover = {
  displayName: "Identity Manager Larkfield",
  system: "Netwrix Identity Manager",
  entries: [
    {
      label: "ApplicationId",
      value: "12345678-0000-4000-8000-000000000001",
      where: `${where} > ApplicationId`,
    },
    { label: "TenantId", value: "11111111-1111-4111-8111-111111111111", where: `${where} > TenantId` },
  ],
  secretLabel: "ApplicationKey",
  secretWhere: `${where} > ApplicationKey`,
  next: [
    "In Identity Manager, open Connectors and choose Microsoft Entra ID.",
    "Paste the values into the fields named above, then press Test.",
    "Note who renews the secret before it ends.",
  ],
  expiresAt: new Date("2027-11-20T00:00:00Z"),
};
const oneValue = {
  ...handover,
  entries: [{ label: "Client ID", value: "12345678-0000-4000-8000-000000000001", where }],
  secretWhere: where,
  next: [],
};
const aSecret = `${"Aa1~".repeat(10)}`;
const request = aView(aRequest("pending", { reason: "Nightly sync of people and groups." }));
const upload = { system: "Veeam Backup for Microsoft 365", label: "Certificate of the Veeam server" };
const uploaded = {
  ...upload,
  thumbprint: "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334",
  expiresAt: new Date("2027-11-20T00:00:00Z"),
};

type Sample = { of: string; draw: () => Html };
const sample = (of: string, draw: () => Html): Sample => ({ of, draw });

/** Every page as people see it, in each of its looks. `of` is the function that draws it. */
export const samples: Readonly<Record<string, Sample>> = {
  "sign-in": sample("signInPage", () => pages.signInPage(links)),
  ready: sample("readyPage", () => pages.readyPage(links, handover, press.at, press.check)),
  "ready-one-value": sample("readyPage", () => pages.readyPage(links, oneValue, press.at, press.check)),
  revealed: sample("revealedPage", () => pages.revealedPage(links, handover, aSecret)),
  "somebody-else": sample("somebodyElsePage", () => pages.somebodyElsePage(links, "?sign-in=another-person")),
  gone: sample("gonePage", () => pages.gonePage(links)),
  problem: sample("problemPage", () =>
    pages.problemPage(
      links,
      "The sign-in was not completed",
      "It was stopped. Your link is unchanged.",
      "?sign-in",
    ),
  ),
  "problem-without-retry": sample("problemPage", () =>
    pages.problemPage(links, "Too many attempts", "The link is unchanged; try again in ten minutes."),
  ),
  vote: sample("votePage", () => passPages.votePage(links, request, "High risk: it can change much.", press)),
  voted: sample("votedPage", () => passPages.votedPage(links, request)),
  "sign-in-again": sample("signInAgainPage", () => passPages.signInAgainPage(links, "?sign-in=once-more")),
  "not-approved": sample("notApprovedPage", () =>
    passPages.notApprovedPage(links, "You asked for this yourself, so you cannot decide on it.", "/s/token"),
  ),
  export: sample("exportPage", () => passPages.exportPage(links, { format: "csv" }, press)),
  upload: sample("uploadPage", () => certificatePages.uploadPage(links, upload, press)),
  "upload-to-mend": sample("uploadPage", () =>
    certificatePages.uploadPage(
      links,
      upload,
      press,
      "Entra takes certificates with an RSA key of at least 2048 bits.",
    ),
  ),
  uploaded: sample("uploadedPage", () =>
    certificatePages.uploadedPage(links, { ...uploaded, name: "backup.larkfield.example", isShown: true }),
  ),
  "uploaded-unshown": sample("uploadedPage", () =>
    certificatePages.uploadedPage(links, { ...uploaded, isShown: false }),
  ),
  "no-form": sample("noFormPage", () =>
    certificatePages.noFormPage(links, "This form is not open any more. Say request to start a new one."),
  ),
};
