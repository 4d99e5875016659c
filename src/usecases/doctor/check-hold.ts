import type { Patient } from "./checks.ts";
import { type Finding, wrong } from "./finding.ts";

/** After a backup was restored. Where nothing is held there is nothing to say. */
export async function checkHold({ hold }: Patient): Promise<Finding[]> {
  const held = await hold?.get();
  if (!hold || !held) return [];
  const counts = (await hold.work(held)).map(({ count }) => count);
  const count = counts.reduce((sum, each) => sum + each, 0);
  return [
    wrong(
      "Held work",
      `A backup of ${held.madeAt.toISOString()} was restored here on ${held.since.toISOString()}. Since then Usher does nothing in Entra by itself; ${count === 1 ? "1 thing waits" : `${count} things wait`}.`,
      "Compare with Entra. Then an admin says go on to Usher in Teams, or npm run import -- --go-on lets it go on.",
    ),
  ];
}
