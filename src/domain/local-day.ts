declare const brand: unique symbol;
/** A name of a time zone that this machine knows, such as Europe/Berlin. */
export type TimeZone = string & { readonly [brand]: "TimeZone" };

/** Where nobody has said in which zone they are. */
export const utc = "UTC" as TimeZone;

/** A day of the calendar, as `2027-03-28`. Days are compared as text. */
export type Day = string & { readonly [brand]: "Day" };

/** No zone of the world has a longer name. */
const longestName = 64;

export function parseTimeZone(text: unknown): TimeZone | undefined {
  if (typeof text !== "string" || text === "" || text.length > longestName) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone as TimeZone;
  } catch {
    return undefined;
  }
}

/** What clocks in the zone show at the moment, as if it were UTC. */
function shownAt(moment: Date, zone: TimeZone): Date {
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const [year = 0, month = 1, day, hour, minute, second] = (
    ["year", "month", "day", "hour", "minute", "second"] as const
  ).map((type) => parts.get(type));
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

/** The day that it is in the zone at the moment. */
export const dayOf = (moment: Date, zone: TimeZone) =>
  shownAt(moment, zone).toISOString().slice(0, 10) as Day;

const dayMs = 86_400_000;
const midnightOf = (day: Day) => new Date(`${day}T00:00:00Z`);

export const daysLater = (day: Day, count: number) =>
  new Date(midnightOf(day).getTime() + count * dayMs).toISOString().slice(0, 10) as Day;

/** How many days of the calendar lie between them; less than none when `to` is before. */
export const daysBetween = (from: Day, to: Day) =>
  Math.round((midnightOf(to).getTime() - midnightOf(from).getTime()) / dayMs);

/** Nine in the morning of that day in the zone, when people read what they are told. */
export function nineOn(day: Day, zone: TimeZone): Date {
  const wanted = midnightOf(day).getTime() + 9 * 3_600_000;
  // The zone's distance from UTC is the one at nine itself: a first guess may lie on the other side of a change of clocks.
  let moment = new Date(wanted);
  for (let round = 0; round < 3; round++) {
    const shown = shownAt(moment, zone).getTime();
    if (shown === wanted) break;
    moment = new Date(moment.getTime() + wanted - shown);
  }
  return moment;
}
