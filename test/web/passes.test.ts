import assert from "node:assert/strict";
import type { HandoverDesk, Viewer } from "../../src/usecases/handover/desk.ts";
import type { RequestView } from "../../src/usecases/telling/request-views.ts";
import { aRequest, aView } from "../teams/views.ts";
import { checkOf, type Edge, pressReveal, startEdge } from "./edge.ts";

type Looked = Awaited<ReturnType<HandoverDesk["look"]>>;

describe("the page behind a one-time link that is no secret's", () => {
  let edge: Edge;
  beforeEach(async () => {
    edge = await startEdge();
  });
  afterEach(() => edge.stop());

  const view: RequestView = aView(aRequest("pending", { reason: "<b>Yearly</b> review" }));
  const { id } = view.request;
  const viewers: Viewer[] = [];
  /** What the desk says of the link from now on. */
  const linkIs = (looked: Looked) => {
    viewers.length = 0;
    edge.desk.look = async (_, viewer) => {
      viewers.push(viewer);
      return looked;
    };
  };
  const signedIn = async (who = "") => {
    const visitor = edge.newVisitor();
    const page = await visitor.browse(`${edge.link}?sign-in${who}`);
    return { visitor, page, check: checkOf(page.body) };
  };

  /** Signs in at a service that says nothing of when: it does so only where it is asked for the age. */
  async function signedInWithoutTime(who = "") {
    const visitor = edge.newVisitor();
    let reply = await visitor.send(`${edge.link}?sign-in${who}`);
    while (reply.headers.has("location")) {
      const next = new URL(reply.headers.get("location")!, reply.url);
      next.searchParams.delete("max_age");
      reply = await visitor.send(next.href);
    }
    return reply;
  }

  describe("and needs a fresh sign-in", () => {
    it("leads to a new one, which the sign-in service is asked for in the standard's words", async () => {
      linkIs({ kind: "sign-in-again" });
      const { visitor, page } = await signedIn();
      assert.equal(page.status, 200);
      assert.match(page.body, /Sign in once more/);
      assert.equal(checkOf(page.body), "");
      const at = /href="([^"]*once-more)"/.exec(page.body)?.[1] ?? "";
      const begun = await visitor.send(new URL(at, page.url).href);
      const asked = new URL(begun.headers.get("location")!).searchParams;
      assert.deepEqual([asked.get("prompt"), asked.get("max_age")], ["login", "0"]);
      const usual = await visitor.send(`${edge.link}?sign-in`);
      const unasked = new URL(usual.headers.get("location")!).searchParams;
      assert.deepEqual([unasked.get("prompt"), unasked.get("max_age")], [null, "600"]);
    });

    it("takes the time from the sign-in service where it says one", async () => {
      linkIs({ kind: "sign-in-again" });
      const before = Math.floor(Date.now() / 1000) * 1000;
      await signedIn();
      const at = viewers.at(-1)?.signedInAt?.getTime() ?? 0;
      assert.ok(at >= before && at <= Date.now() && at % 1000 === 0, String(at));
    });

    it("knows no time where the service says none and nobody was asked to sign in anew", async () => {
      linkIs({ kind: "sign-in-again" });
      await signedInWithoutTime();
      assert.equal(viewers.length, 1);
      assert.equal(viewers[0]?.signedInAt, undefined);
    });

    it("takes the moment of the return where somebody was asked to sign in anew for this very link", async () => {
      linkIs({ kind: "sign-in-again" });
      for (const [sign, begun] of [
        [signedIn, Date.now()],
        [signedInWithoutTime, Date.now()],
      ] as const) {
        await sign("=once-more");
        const at = viewers.at(-1)?.signedInAt?.getTime() ?? 0;
        assert.ok(at >= begun && at <= Date.now(), `${at}`);
      }
    });

    it("believes the service when it says that the sign-in was before, though it was asked for a new one", async () => {
      linkIs({ kind: "sign-in-again" });
      // As if the service had used a sign-in of a minute ago.
      edge.clock.skewMs = 60_000;
      const asked = edge.clock.now().getTime();
      await signedIn("=once-more");
      const at = viewers.at(-1)?.signedInAt?.getTime() ?? 0;
      assert.ok(at > 0 && at < asked - 50_000, `${at}`);
    });
  });

  describe("to an approval", () => {
    it("shows what is approved, as text, and approves after the button only", async () => {
      linkIs({ kind: "vote", view });
      let votes = 0;
      edge.desk.vote = async () => {
        votes += 1;
        return { kind: "voted", view: aView(aRequest("approved")) };
      };
      const { visitor, page, check } = await signedIn();
      assert.match(page.body, new RegExp(`Approve ${id}\\?`));
      for (const shown of [
        `${id}, revision 2`,
        "Ada Lovelace",
        "Low risk.",
        "&lt;b&gt;Yearly&lt;/b&gt; review",
      ])
        assert.ok(page.body.includes(shown), shown);
      assert.equal(votes, 0);
      for (const forgery of [
        pressReveal(""),
        pressReveal("x"),
        { ...pressReveal(check), headers: { "Sec-Fetch-Site": "cross-site" } },
      ]) {
        const reply = await visitor.send(`${edge.link}/vote`, forgery);
        assert.equal(reply.status, 403);
        assert.match(reply.body, /Nothing was approved/);
      }
      const stranger = await edge.newVisitor().send(`${edge.link}/vote`, pressReveal(check));
      assert.equal(stranger.status, 303);
      assert.equal(votes, 0);

      const voted = await visitor.send(`${edge.link}/vote`, pressReveal(check));
      assert.equal(voted.status, 200);
      assert.match(voted.body, new RegExp(`${id} is approved`));
      assert.equal(votes, 1);
      assert.match(edge.lines.join("\n"), /"route":"\/s\/:token\/vote","status":200,"outcome":"voted"/);
    });

    it("says how many approvals are still missing", async () => {
      linkIs({ kind: "vote", view });
      edge.desk.vote = async () => ({ kind: "voted", view: { ...view, missingVotes: 1 } });
      const { visitor, check } = await signedIn();
      const voted = await visitor.send(`${edge.link}/vote`, pressReveal(check));
      assert.match(voted.body, /Your approval counts[\s\S]*needs one more approval from other people/);
    });

    it("says in words why nothing was approved, and leads back", async () => {
      linkIs({ kind: "vote", view });
      edge.desk.vote = async () => ({ kind: "refused", refusal: { refused: "directory-unreachable" } });
      const { visitor, check } = await signedIn();
      const refused = await visitor.send(`${edge.link}/vote`, pressReveal(check));
      assert.equal(refused.status, 409);
      assert.match(refused.body, /Nothing was approved[\s\S]*Refused\./);
      assert.match(refused.body, new RegExp(`href="/s/${edge.token}"`));
    });

    it("is gone, or somebody else's, with the same bytes as a secret's", async () => {
      const { page: secretGone } = await (async () => {
        linkIs({ kind: "gone" });
        return signedIn();
      })();
      linkIs({ kind: "vote", view });
      const { visitor, check } = await signedIn();
      edge.desk.vote = async () => ({ kind: "gone" });
      const gone = await visitor.send(`${edge.link}/vote`, pressReveal(check));
      assert.deepEqual([gone.status, gone.body], [410, secretGone.body]);
      edge.desk.vote = async () => ({ kind: "somebody-else" });
      const other = await visitor.send(`${edge.link}/vote`, pressReveal(check));
      linkIs({ kind: "somebody-else" });
      const { page } = await signedIn();
      assert.deepEqual([other.status, other.body], [403, page.body]);
    });
  });

  describe("to a file", () => {
    async function* lines(count: number, said: (n: number) => void = () => {}) {
      for (let n = 1; n <= count; n++) {
        said(n);
        yield `${n}${" ".repeat(64 * 1024)}\n`;
      }
    }
    const fileIs = (content: AsyncIterable<string>) => {
      linkIs({ kind: "export", view: { format: "jsonl", subject: id } });
      edge.desk.download = async () => ({
        kind: "file",
        name: "usher-audit.jsonl",
        format: "jsonl",
        content,
      });
    };
    /** Presses Download, and answers while the file still comes. */
    async function download() {
      const { visitor, page, check } = await signedIn();
      assert.match(page.body, new RegExp(`${id}[\\s\\S]*JSON Lines[\\s\\S]*Download`));
      const cookies = [...visitor.cookies.get(edge.publicUrl)!].map(([name, value]) => `${name}=${value}`);
      return fetch(`${edge.real}/s/${edge.token}/export`, {
        ...pressReveal(check),
        headers: { cookie: cookies.join("; "), "Sec-Fetch-Site": "same-origin" },
      });
    }

    it("sends it as an attachment, with the strict headers of every answer", async () => {
      fileIs(lines(2));
      const answer = await download();
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("content-type"), "application/jsonl");
      assert.equal(answer.headers.get("content-disposition"), 'attachment; filename="usher-audit.jsonl"');
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'/);
      assert.deepEqual((await answer.text()).split(/ *\n/), ["1", "2", ""]);
    });

    it("makes no more of it than the browser takes", async () => {
      let made = 0;
      const all = 2_000;
      fileIs(lines(all, (n) => (made = n)));
      const answer = await download();
      const reader = answer.body!.getReader();
      await reader.read();
      assert.ok(made > 0 && made < all / 2, `${made} of ${all} parts were made`);
      let length = 0;
      for (let part = await reader.read(); !part.done; part = await reader.read())
        length += part.value.length;
      assert.equal(made, all);
      assert.ok(length > all * 60 * 1024);
    });

    it("breaks off where the making breaks, so that nobody takes it for whole", async () => {
      fileIs(
        (async function* () {
          yield* lines(1);
          throw new Error("the database went away");
        })(),
      );
      await assert.rejects(download().then((answer) => answer.text()));
      assert.match(edge.lines.join("\n"), /the database went away[\s\S]*could not answer/);
    });
  });
});
