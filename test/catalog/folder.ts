import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** A blueprint that is well, with one of most things. Tests alter a line of it. */
export const sample = `blueprint: 1
id: sample
title: Sample
ask:
  - {key: name, label: Name, type: text, required: true, max: 40}
  - {key: mode, label: Mode, type: one, default: read, options: {read: Read, write: Write}}
  - {key: extras, label: Extras, type: many, options: {mail: Mail, Global Reader: Reader}}
  - {key: more, label: More, type: permissions, kind: delegated}
  - {key: pem, label: Certificate, type: certificate, required: true, when: {mode: write}}
  - {key: months, label: Months, type: number, default: 12, min: 1, max: 24}
app:
  name: "Sample {{name}}"
  audience: AzureADMyOrg
  redirects:
    - {platform: web, uri: "https://sample.example/callback"}
grant:
  - {api: graph, application: [User.Read.All], when: {mode: read}}
  - {typed: more}
roles:
  - {role: Global Reader, when: {mode: write}}
consent: admin
credentials:
  - {kind: certificate, label: Sample, pem: "{{pem}}", when: {mode: write}}
  - {kind: secret, label: Sample, months: "{{months}}"}
handover:
  - {label: Client ID, value: clientId}
  - {label: Secret, value: secret, when: {mode: read}}
  - {label: Login, value: "=https://login.example/{{tenantId}}"}
next:
  - {text: "Put {{clientId}} into it."}
refuse:
  - {when: {extras: mail, mode: write}, say: "Mail is only read."}
`;

const graphId = "00000003-0000-0000-c000-000000000000";
const shared = {
  "apis.yaml": `graph: {clientId: ${graphId}, name: Microsoft Graph}\n`,
  "permissions.yaml": `- {name: User.Read, kind: delegated, rank: low, sentence: Reads the own profile.}
- {name: User.Read.All, kind: application, rank: medium, sentence: Reads profiles.}
- {name: Mail.Read, kind: application, rank: high, sentence: Reads mail.}
`,
  "roles.yaml":
    "- {name: Global Reader, templateId: f2ef992c-3afb-46b9-b7cf-a126ee74c451, rank: high, sentence: Reads all.}\n",
};

/** A catalogue of its own on disk, with the shared files and the sample; removed by `remove`. */
export function catalogFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "usher-catalog-"));
  const at = (name: string) => path.join(folder, name);
  const write = (name: string, text: string) => fs.writeFileSync(at(name), text);
  for (const [name, text] of Object.entries({ ...shared, "sample.yaml": sample })) write(name, text);
  return {
    folder,
    at,
    write,
    erase: (name: string) => fs.rmSync(at(name)),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** The sample with one thing changed. */
export function altered(from: string, to: string): string {
  const text = sample.replace(from, () => to);
  if (text === sample) throw new Error(`the sample has no "${from}"`);
  return text;
}
