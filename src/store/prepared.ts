import { Client } from "pg";

/** From its fifth use on, as PostgreSQL's JDBC driver does: what is asked seldom would only take room in each session. */
const decidedAt = 5;
/** Texts that hold lists are of many lengths. */
const mostDecided = 256;
const mostCounted = 1_000;

/** All columns, whatever there are: of such a statement PostgreSQL refuses a kept plan once a newer version has added one. */
const takesAllColumns = /(select|distinct|returning|[.,])\s*\*/i;

/**
 * Sessions that keep the plans of what is asked often. Planning is most of the work of a small statement: the one with
 * which each activity begins took three times as long with it.
 */
export function preparingClient(): typeof Client {
  const uses = new Map<string, number>();
  /** The name under which it is prepared, or undefined where it never is. */
  const decided = new Map<string, string | undefined>();
  function nameOf(text: string): string | undefined {
    if (decided.has(text) || decided.size >= mostDecided) return decided.get(text);
    const used = (uses.get(text) ?? 0) + 1;
    if (uses.size >= mostCounted) uses.clear();
    uses.set(text, used);
    if (used < decidedAt) return undefined;
    uses.delete(text);
    decided.set(text, takesAllColumns.test(text) ? undefined : `usher${decided.size}`);
    return decided.get(text);
  }
  return class extends Client {
    constructor(...given: ConstructorParameters<typeof Client>) {
      super(...given);
      const plainly = this.query.bind(this) as (...asked: unknown[]) => Promise<unknown>;
      const query = (...asked: unknown[]) => {
        const [text, values] = asked;
        const isStatement =
          asked.length === 2 && typeof text === "string" && Array.isArray(values) && values.length > 0;
        const name = isStatement ? nameOf(text) : undefined;
        return name === undefined ? plainly(...asked) : plainly({ name, text, values });
      };
      this.query = query as unknown as typeof this.query;
    }
  };
}
