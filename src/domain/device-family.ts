/** Which kind of device and browser a `User-Agent` names. The first that fits counts: most of them name others as well. */
const devices: readonly [name: string, pattern: RegExp][] = [
  ["iPhone", /iPhone/],
  ["iPad", /iPad/],
  ["Android", /Android/],
  ["Windows", /Windows/],
  ["Chromebook", /CrOS/],
  ["Mac", /Macintosh|Mac OS X/],
  ["Linux", /Linux|X11/],
];
const browsers: readonly [name: string, pattern: RegExp][] = [
  ["Teams", /\bTeams\//],
  ["Edge", /\bEdg(?:e|A|iOS)?\//],
  ["Opera", /\b(?:OPR|Opera|OPT|OPiOS)\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(?:Firefox|FxiOS)\//],
  ["Chrome", /\b(?:Headless)?(?:Chrome|CriOS|Chromium)\//],
  ["Safari", /\bVersion\/[\d.]+ .*\bSafari\//],
];

/** Longer ones are nobody's. */
const longest = 1_000;

/**
 * `Windows, Edge`: only words from the lists above, so that nothing that a browser sent is repeated. It says what the
 * browser says of itself, and proves nothing.
 */
export function deviceFamily(userAgent: string | undefined): string {
  const text = (userAgent ?? "").slice(0, longest);
  const named = [devices, browsers].flatMap(
    (list) => list.find(([, pattern]) => pattern.test(text))?.[0] ?? [],
  );
  return named.length > 0 ? named.join(", ") : "unknown device";
}
