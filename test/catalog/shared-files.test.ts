import assert from "node:assert/strict";
import { loadCatalog } from "../../src/catalog/load-catalog.ts";
import { catalogFolder } from "./folder.ts";

const graphId = "00000003-0000-0000-c000-000000000000";
const fact = "kind: application, rank: low, sentence: Reads.";
const roleId = "f2ef992c-3afb-46b9-b7cf-a126ee74c451";

describe("the shared files of a catalogue", () => {
  let own: ReturnType<typeof catalogFolder>;
  beforeEach(() => {
    own = catalogFolder();
  });
  afterEach(() => own.remove());

  const wrong: [what: string, name: string, text: string, problem: string][] = [
    [
      "is no YAML",
      "apis.yaml",
      "graph: [",
      "apis.yaml:1:9: it is no YAML here: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    [
      "says an alias twice",
      "apis.yaml",
      `graph: {clientId: ${graphId}, name: A}\ngraph: {}`,
      'apis.yaml:2:1: the key "graph" stands twice',
    ],
    [
      "has a client id that is none",
      "apis.yaml",
      "graph: {clientId: abc, name: A}",
      "apis.yaml:1:19 graph.clientId: an API's clientId is a GUID",
    ],
    [
      "has a client id twice",
      "apis.yaml",
      `graph: {clientId: ${graphId}, name: A}\nother: {clientId: ${graphId}, name: B}`,
      'apis.yaml:2:19 other.clientId: "graph" has this clientId already',
    ],
    [
      "is of an API that nobody knows",
      "permissions.yaml",
      `- {api: grpah, name: X, ${fact}}`,
      'permissions.yaml:1:9 0.api: apis.yaml does not know the API "grpah". Did you mean graph?',
    ],
    [
      "has a key that nobody knows",
      "permissions.yaml",
      `- {name: X, ${fact}, sentense: Y}`,
      'permissions.yaml:1:61 0.sentense: there is no key "sentense"',
    ],
    [
      "describes a permission twice",
      "permissions.yaml",
      `- {name: X, ${fact}}\n- {name: X, ${fact}}`,
      "permissions.yaml:2:10 1.name: X (application) is described twice",
    ],
    [
      "has a smaller permission that is none",
      "permissions.yaml",
      `- {name: X, ${fact}, smaller: {name: Y, sentence: Less.}}`,
      'permissions.yaml:1:77 0.smaller.name: there is no other application permission "Y" of this API in the file',
    ],
    [
      "has a role twice",
      "roles.yaml",
      `- {name: R, templateId: ${roleId}, rank: low, sentence: R.}\n- {name: S, templateId: ${roleId}, rank: low, sentence: S.}`,
      "roles.yaml:2:25 1.templateId: another role has this templateId already",
    ],
    [
      "has a smaller role that is none",
      "roles.yaml",
      `- {name: R, templateId: ${roleId}, rank: low, sentence: R., smaller: {name: S, sentence: Less.}}`,
      'roles.yaml:1:104 0.smaller.name: there is no other role "S" in the file',
    ],
  ];
  for (const [what, name, text, problem] of wrong)
    it(`stop the start when ${name} ${what}`, () => {
      own.write(name, text);
      assert.throws(
        () => loadCatalog(own.folder),
        ({ problems }: { problems: string[] }) => {
          assert.ok(problems.includes(problem), problems.join("\n"));
          return true;
        },
      );
    });

  it("are Usher's own where the folder has none", () => {
    own.erase("permissions.yaml");
    own.erase("apis.yaml");
    const { catalog, problems } = loadCatalog(own.folder);
    assert.deepEqual(problems, []);
    assert.ok(catalog.permissionFacts.length > 3);
  });

  it("of which Usher's own permissions need not fit the folder's own APIs", () => {
    own.erase("permissions.yaml");
    assert.deepEqual(
      new Set(loadCatalog(own.folder).catalog.permissionFacts.map(({ api }) => api)),
      new Set([graphId]),
    );
  });

  it("tell permissions of two APIs apart", () => {
    const otherId = "00000002-0000-0ff1-ce00-000000000000";
    own.write("apis.yaml", `graph: {clientId: ${graphId}, name: A}\nother: {clientId: ${otherId}, name: B}`);
    own.write(
      "permissions.yaml",
      `- {api: other, name: Mail.Read, ${fact}}\n- {name: Mail.Read, ${fact}}\n- {name: User.Read.All, ${fact}}`,
    );
    const { catalog, problems } = loadCatalog(own.folder);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      catalog.permissionFacts.map(({ api, name }) => [api, name]),
      [
        [otherId, "Mail.Read"],
        [graphId, "Mail.Read"],
        [graphId, "User.Read.All"],
      ],
    );
  });

  it("stop the start with a sentence when the folder is not there", () =>
    assert.throws(() => loadCatalog(own.at("nowhere")), /the folder .*nowhere cannot be read/));
});
