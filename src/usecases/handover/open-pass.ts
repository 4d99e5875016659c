import { fileLine, fileStart } from "../../domain/audit-file.ts";
import { isOpen, type Request } from "../../domain/request.ts";
import { isAdmin } from "../approval/authority.ts";
import { type DecideRefusal, decideRequest } from "../approval/decide-request.ts";
import { DirectoryFailure } from "../ports/entra.ts";
import type { Pass } from "../ports/store.ts";
import type { World } from "../ports/world.ts";
import { requestView } from "../telling/request-view.ts";
import type { ExportView, Viewer } from "./desk.ts";
import { keepCertificate, lookAtUpload } from "./upload-certificate.ts";

type VotePass = Extract<Pass, { kind: "vote" }>;
type AuditPass = Extract<Pass, { kind: "audit" }>;

const gone = { kind: "gone" } as const;
const signInAgain = { kind: "sign-in-again" } as const;

/** What the page shows to somebody who has signed in; nothing changes. */
export async function lookAtPass(world: World, pass: Pass, viewer: Viewer) {
  const closed = await closedTo(world, pass, viewer);
  if (closed) return closed;
  switch (pass.kind) {
    case "vote":
      return isFresh(pass, viewer) ? lookAtVote(world, pass) : signInAgain;
    case "audit":
      if (!(await isStillAdmin(world, viewer))) return gone;
      return { kind: "export", view: viewOf(pass) } as const;
    case "certificate":
      return lookAtUpload(world, pass, viewer);
    default:
      return pass satisfies never;
  }
}

/** What is shown is what the link was made for: its revision, while that waits. */
async function lookAtVote(world: World, { requestId, revision }: VotePass) {
  const request = await world.store.tables.requests.get(requestId);
  if (!request) return gone;
  const refusal = overtaken(request, revision);
  if (refusal) return { kind: "refused", refusal } as const;
  return { kind: "vote", view: await requestView(world, request, "what-is-known") } as const;
}

function overtaken(request: Request, revision: number): DecideRefusal | undefined {
  if (!isOpen(request)) return { refused: "already-decided", request };
  if (request.revision !== revision) return { refused: "old-revision", revision: request.revision };
  return request.state === "pending" ? undefined : { refused: "waits-for-requester", request };
}

/** The approver's vote, once they have signed in anew. */
export async function voteByPass(world: World, pass: Pass | undefined, viewer: Viewer) {
  if (pass?.kind !== "vote") return gone;
  const closed = await closedTo(world, pass, viewer);
  if (closed) return closed;
  if (!isFresh(pass, viewer)) return signInAgain;
  const decided = await decideByPass(world, pass, viewer);
  if ("refused" in decided) return { kind: "refused", refusal: decided } as const;
  // Spent after the vote, so that a refusal burns nothing. Two presses at once are one vote all the same: it counts once
  // for each person and revision.
  await world.store.tables.passes.use(pass.tokenHash, world.clock.now());
  return { kind: "voted", view: await requestView(world, decided.decided, "what-is-known") } as const;
}

async function decideByPass(world: World, { requestId, revision, reason }: VotePass, viewer: Viewer) {
  try {
    // A link tells no name; cards show the one that the directory has.
    const person = await world.directory.person(viewer.userId);
    return await decideRequest(world, {
      caller: { userId: viewer.userId, tenantId: viewer.tenantId, name: person?.name ?? "" },
      requestId,
      revision,
      verdict: { verdict: "approve", isFresh: true, ...(reason && { reason }) },
      surface: "web",
    });
  } catch (error) {
    if (!(error instanceof DirectoryFailure)) throw error;
    world.log.warn({ err: error, requestId }, "who approves by a link could not be looked up");
    return { refused: "directory-unreachable" } as const;
  }
}

/** At most once: spent in one conditional update, in the same transaction as its line in the audit. */
export async function downloadAudit(world: World, pass: Pass | undefined, viewer: Viewer) {
  if (pass?.kind !== "audit") return gone;
  const closed = await closedTo(world, pass, viewer);
  if (closed) return closed;
  if (!(await isStillAdmin(world, viewer))) return gone;
  const now = world.clock.now();
  const head = await world.store.inTransaction(async (tables) => {
    if (!(await tables.passes.use(pass.tokenHash, now))) return undefined;
    await tables.audit.append({
      at: now,
      who: viewer.userId,
      what: "audit.exported",
      surface: "web",
      subject: "audit",
      outcome: "downloaded",
      detail: detailOf(pass),
    });
    return tables.audit.newest();
  });
  if (!head) return gone;
  const { format, subject } = pass;
  const name = ["usher-audit", ...(subject ? [subject] : []), now.toISOString().slice(0, 10)].join("-");
  return { kind: "file", name: `${name}.${format}`, format, content: fileOf(world, pass, head.n) } as const;
}

/** Whatever will not do leaves the link as it was. */
export async function uploadByPass(world: World, pass: Pass | undefined, viewer: Viewer, text: string) {
  if (pass?.kind !== "certificate") return gone;
  return (await closedTo(world, pass, viewer)) ?? keepCertificate(world, pass, viewer, text);
}

const linesAtOnce = 1_000;

/** The file, some lines at a time: the audit may be longer than what fits into memory. */
async function* fileOf(world: World, { format, subject }: AuditPass, last: number): AsyncGenerator<string> {
  yield fileStart(format);
  for (let after = 0; after < last; ) {
    const rows = await world.store.tables.audit.read({
      after,
      limit: linesAtOnce,
      ...(subject && { subject }),
    });
    // What was appended since the download began is not in it.
    yield rows
      .filter(({ n }) => n <= last)
      .map((row) => fileLine(format, row))
      .join("");
    after = rows.length < linesAtOnce ? last : (rows.at(-1)?.n ?? last);
  }
}

const viewOf = ({ format, subject }: AuditPass): ExportView => ({ format, ...(subject && { subject }) });

const detailOf = ({ format, subject }: AuditPass) => ({ format, ...(subject && { of: subject }) });

/** A sign-in before the link was made proves nothing of whoever holds the link now. */
const isFresh = ({ madeAt }: VotePass, { signedInAt }: Viewer) =>
  signedInAt !== undefined && signedInAt > madeAt;

/** Somebody who was an admin when they asked may be none by now. Throws `DirectoryFailure`: then nothing is spent. */
const isStillAdmin = (world: World, { userId, tenantId }: Viewer) =>
  isAdmin(world, { userId, tenantId, name: "" });

/** Why the link opens nothing to this person. The log tells the kinds of "gone" apart; the answer does not. */
async function closedTo(world: World, pass: Pass, viewer: Viewer) {
  const state = pass.usedAt ? "used" : pass.expiresAt <= world.clock.now() ? "expired" : undefined;
  if (state) {
    world.log.info({ state, pass: pass.kind }, "a link that opens nothing was opened");
    return gone;
  }
  if (viewer.tenantId === world.settings.tenantId && viewer.userId === pass.userId) return undefined;
  await world.store.inTransaction((tables) =>
    tables.audit.append({
      at: world.clock.now(),
      who: viewer.userId,
      what: pass.kind === "vote" ? "request.sign-in-refused" : `${pass.kind}.refused`,
      surface: "web",
      subject: pass.kind === "vote" ? pass.requestId : pass.kind,
      outcome: "somebody-else",
      ...(pass.kind === "audit" && { detail: detailOf(pass) }),
    }),
  );
  return { kind: "somebody-else" } as const;
}
