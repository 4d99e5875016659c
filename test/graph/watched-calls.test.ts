import assert from "node:assert/strict";
import { graphRoute } from "../../src/graph/watched-calls.ts";

describe("what is measured of a request to Graph", () => {
  const id = "0f3c9a8e-1111-4222-8333-444455556666";
  const cases: [url: string, route: string][] = [
    ["/v1.0/applications", "/applications"],
    [`/v1.0/applications/${id}/addPassword`, "/applications/{id}/addPassword"],
    [`/v1.0/servicePrincipals(appId='${id}')?$select=id`, "/servicePrincipals()"],
    ["/v1.0/applications(uniqueName='usher-REQ-7K2M9Q')", "/applications()"],
    [
      "/v1.0/oauth2PermissionGrants/wMJr1Yv3xkGqLm0Zd8vQpT5s2c1nR7uEJkXw4hYb9tA",
      "/oauth2PermissionGrants/{id}",
    ],
    [`/v1.0/users/mina@contoso.example/manager`, "/users/{id}/manager"],
    ["/beta/auditLogs/signIns?$filter=appId eq 'x'", "/auditLogs/signIns"],
    ["/v1.0/$batch", "/$batch"],
  ];
  for (const [url, route] of cases) {
    it(`is ${route}, without whose, of ${url.slice(0, 40)}`, () => {
      assert.equal(graphRoute(`https://graph.microsoft.com${url}`), route);
    });
  }
});
