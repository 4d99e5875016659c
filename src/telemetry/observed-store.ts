import type { Store, Tables } from "../usecases/ports/store.ts";
import type { Meter } from "./meter.ts";

type Note = () => void;

/** The store as it is, but that what is committed through it is counted. */
export function observedStore(store: Store, meter: Meter): Store {
  return {
    tables: noting(store.tables, meter, (note) => note()),
    async inTransaction(work) {
      let notes: Note[] = [];
      const outcome = await store.inTransaction((tables) => {
        // It may be repeated from its beginning.
        notes = [];
        return work(noting(tables, meter, (note) => void notes.push(note)));
      });
      // What was rolled back has not happened.
      for (const note of notes) note();
      return outcome;
    },
  };
}

function noting(tables: Tables, meter: Meter, keep: (note: Note) => void): Tables {
  const { requests, steps, posts, audit } = tables;
  return {
    ...tables,
    requests: {
      ...requests,
      async change(from, to, ...more) {
        const done = await requests.change(from, to, ...more);
        if (done && (to.state === "approved" || to.state === "denied") && from.state !== to.state)
          keep(() => meter.decision(to.state, (to.decidedAt.getTime() - to.submittedAt.getTime()) / 1000));
        return done;
      },
    },
    steps: {
      ...steps,
      async write(lease, row) {
        await steps.write(lease, row);
        if (row.state !== "intended") keep(() => meter.step(row.step, row.state));
      },
    },
    posts: {
      ...posts,
      async change(seen, to) {
        const done = await posts.change(seen, to);
        // What goes back to due was refused for now.
        const outcome = to.state === "due" ? "retry" : to.state;
        if (done && seen.state === "sending" && to.state !== "sending") keep(() => meter.delivery(outcome));
        return done;
      },
    },
    audit: {
      ...audit,
      async append(event) {
        await audit.append(event);
        keep(() => meter.act(event.what));
      },
    },
  };
}
