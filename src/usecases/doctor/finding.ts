/** What one look found. `unknown`: it cannot be judged from here. */
export type Finding = { name: string; says: string } & (
  | { state: "ok" }
  | { state: "wrong" | "unknown"; next: string }
);

export const ok = (name: string, says: string): Finding => ({ state: "ok", name, says });
export const wrong = (name: string, says: string, next: string): Finding => ({
  state: "wrong",
  name,
  says,
  next,
});
export const unknown = (name: string, says: string, next: string): Finding => ({
  state: "unknown",
  name,
  says,
  next,
});

export type Check = { name: string; look(): Promise<readonly Finding[]> | readonly Finding[] };
