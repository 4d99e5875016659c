const pattern =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** A year and a month as .NET counts them in a duration, since Entra does. */
const unitSeconds = [365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1] as const;

/** The whole days in an ISO 8601 duration such as `P90D`; undefined for what is none. */
export function wholeDays(duration: string): number | undefined {
  const parts = pattern.exec(duration)?.slice(1);
  // Each part may be missing, but neither all of them nor all behind the T.
  if (!parts?.some(Boolean) || duration.endsWith("T")) return undefined;
  const seconds = unitSeconds.reduce((sum, unit, at) => sum + unit * Number(parts[at] ?? 0), 0);
  return Math.floor(seconds / 86_400);
}
