import type { Key, Kind, Row, State } from "./state.ts";

/** What Entra keeps many copies of, that agree only after a while. */
const replicated: ReadonlySet<Kind> = new Set([
  "application",
  "servicePrincipal",
  "appRoleAssignment",
  "oauth2PermissionGrant",
  "roleAssignment",
  "federatedCredential",
]);

/** For a request that writes: until then, reads still show what was before each change and removal. */
export function withLag(state: State, now: number, until: number): State {
  const keep = (row: Row) => {
    const before = state.get(row.kind, row.value.id);
    if (before && replicated.has(row.kind) && before.visibleFrom <= now) state.keepSeen(before, now, until);
  };
  return {
    ...state,
    save(row) {
      keep(row);
      state.save(row);
    },
    remove(row) {
      keep(row);
      state.remove(row);
    },
  };
}

/** For a request that reads: each object as the copy that answers has it. */
export function asSeen(state: State, now: number): State {
  const seen = state.allSeen(now);
  if (seen.length === 0) return state;
  const stale = new Map(seen.map((row) => [`${row.kind} ${row.value.id}`, row]));
  const shown = (row: Row) => stale.get(`${row.kind} ${row.value.id}`) ?? row;
  const also = (kind: Kind, rows: readonly Row[], isWanted: (row: Row) => boolean) => {
    const ids = new Set(rows.map(({ value }) => value.id));
    const others = seen.filter((row) => row.kind === kind && !ids.has(row.value.id));
    return [...rows.map(shown), ...others].filter(isWanted).toSorted((a, b) => a.sequence - b.sequence);
  };
  return {
    ...state,
    get: (kind, id) => stale.get(`${kind} ${id}`) ?? state.get(kind, id),
    find: (kind, key: Key, value) =>
      also(kind, state.find(kind, key, value), (row) => row.value[key] === value),
    list(kind, after, limit) {
      const rows = state.list(kind, after, limit);
      const last = rows.length < limit ? Number.POSITIVE_INFINITY : (rows.at(-1)?.sequence ?? 0);
      return also(kind, rows, ({ sequence }) => sequence > after && sequence <= last);
    },
    deleted: () => state.deleted().filter((row) => shown(row).deletedAt !== undefined),
  };
}
