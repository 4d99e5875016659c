import { provisioningSteps, type StepName } from "../domain/provisioning.ts";
import type { Chat } from "../usecases/ports/chat.ts";
import type { Registrar, SecretProof } from "../usecases/ports/entra.ts";
import type { Store, Tables } from "../usecases/ports/store.ts";
import type { World } from "../usecases/ports/world.ts";

const pointsOf = (steps: readonly StepName[]) =>
  steps.flatMap((step) => [`${step}:intended`, `${step}:called`, step]);

/**
 * Where the bot that makes a secret can be killed with SIGKILL: after the request or its approval was saved; for each
 * step of the provisioning after its intent was saved, after its call to the tenant was answered and before that was
 * saved, and after its outcome was saved; and between the key's making and its handover.
 */
export const killPoints: readonly string[] = [
  "submitted",
  "approved",
  ...pointsOf([
    "application",
    "service-principal",
    "application-permissions",
    "delegated-permissions",
    "personal-chat",
    "credential",
  ]),
  "verified",
  "sealed",
  "delivered",
];

/** The same while a secret is replaced: from the press of its owner to the new one's handover. */
export const newKeyPoints: readonly string[] = [
  "new-key",
  "new-key:removed",
  "new-key:intended",
  "credential:called",
  "verified",
  "sealed",
  "delivered",
  "new-key:done",
];

/** The steps that other requests have: for an API of their own, a directory role and a certificate. */
export const moreKillPoints: readonly string[] = pointsOf([
  "identifier-uri",
  "directory-roles",
  "credential",
]);

/** Those that the demo comes by: Identity Manager asks for nothing in people's names, so nothing is called there. */
export const demoKillPoints = killPoints.filter((point) => point !== "delegated-permissions:called");

/** The call to the tenant or the chat that each step makes; for a credential, one of these. */
const callsOf: Readonly<Record<StepName, keyof Registrar | "personalChat" | readonly (keyof Registrar)[]>> = {
  "missing-apis": "ensureApis",
  application: "createApplication",
  "service-principal": "ensureServicePrincipal",
  "identifier-uri": "setIdentifierUri",
  "application-permissions": "grantApplicationPermissions",
  "delegated-permissions": "grantDelegatedPermissions",
  "admin-consent": "granted",
  "directory-roles": "assignDirectoryRoles",
  "personal-chat": "personalChat",
  credential: ["addKey", "addCertificate", "addFederatedCredential"],
};

/** The world as it is, but that the process kills itself at the point that is the one. */
export function killAfter(world: World, isThere: (reached: string) => boolean): World {
  const here = (reached: string) => {
    if (isThere(reached)) process.kill(process.pid, "SIGKILL");
  };
  return {
    ...world,
    store: killingStore(world.store, here),
    registrar: killingCalls(world.registrar, (call, answer) => {
      for (const step of provisioningSteps)
        if ([callsOf[step]].flat().some((each) => each === call)) here(`${step}:called`);
      // By whoever is first: a sweep of the same moment removes it by its marker.
      if (call === "removeKey" || (call === "removeKeysMarked" && answer !== 0)) here("new-key:removed");
      if (call === "proveSecret" && (answer as SecretProof).proof === "works") here("verified");
    }),
    chat: killingCalls(
      world.chat,
      (call) => {
        if (call === "personalChat") here("personal-chat:called");
      },
      (call, [, message]) => {
        if (call === "post" && (message as { kind?: string } | undefined)?.kind === "link") here("delivered");
      },
    ),
  };
}

function killingCalls<T extends Registrar | Chat>(
  target: T,
  answered: (call: string, answer: unknown) => void,
  calledWith: (call: string, args: unknown[]) => void = () => {},
): T {
  return new Proxy(target, {
    get(of, name) {
      const method = Reflect.get(of, name) as unknown;
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        const answer: unknown = await method.apply(of, args);
        answered(String(name), answer);
        calledWith(String(name), args);
        return answer;
      };
    },
  });
}

/** Notes what a transaction writes, and dies when it has been committed. */
function killingStore(store: Store, here: (reached: string) => void): Store {
  return {
    tables: store.tables,
    async inTransaction(work) {
      let reached: string[] = [];
      const outcome = await store.inTransaction((tables) => {
        // It may be repeated from its beginning.
        reached = [];
        return work(noting(tables, reached));
      });
      for (const point of reached) here(point);
      return outcome;
    },
  };
}

function noting(tables: Tables, reached: string[]): Tables {
  return {
    ...tables,
    requests: {
      ...tables.requests,
      async insert(...args) {
        const done = await tables.requests.insert(...args);
        if (done) reached.push("submitted");
        return done;
      },
      async change(from, to, ...more) {
        const done = await tables.requests.change(from, to, ...more);
        if (done && to.state === "approved") reached.push("approved");
        return done;
      },
    },
    steps: {
      ...tables.steps,
      async write(lease, row) {
        await tables.steps.write(lease, row);
        if (row.state === "intended" && !row.note) reached.push(`${row.step}:intended`);
        if (row.state === "done") reached.push(row.step);
      },
    },
    keys: {
      ...tables.keys,
      async insert(key) {
        await tables.keys.insert(key);
        reached.push("new-key:intended");
      },
    },
    newKeys: {
      ...tables.newKeys,
      async insert(newKey) {
        const done = await tables.newKeys.insert(newKey);
        if (done) reached.push("new-key");
        return done;
      },
      async remove(id) {
        const done = await tables.newKeys.remove(id);
        if (done) reached.push("new-key:done");
        return done;
      },
    },
    links: {
      ...tables.links,
      async insert(link) {
        await tables.links.insert(link);
        reached.push("sealed");
      },
    },
  };
}
