/** Letters and digits only: `user-read.all` is meant as `User.Read.All`. */
const bare = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");

/**
 * The name that was probably meant: the same but for case and punctuation, or else the one with the fewest typing
 * mistakes, at most two or a fifth of its length. Undefined when nothing is near.
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const all = [...names];
  const wanted = bare(name);
  const same =
    all.find((each) => each === name) ?? all.find((each) => wanted !== "" && bare(each) === wanted);
  if (same !== undefined) return same;
  let best: string | undefined;
  let fewest = Infinity;
  for (const each of all) {
    const length = Math.max(each.length, name.length);
    const most = Math.max(2, Math.floor(length / 5));
    if (Math.abs(each.length - name.length) > most) continue;
    const mistakes = mistakesBetween(name.toLowerCase(), each.toLowerCase());
    // Of a short word, two other letters are another word.
    if (mistakes <= most && mistakes * 2 < length && mistakes < fewest) {
      best = each;
      fewest = mistakes;
    }
  }
  return best;
}

/** Damerau-Levenshtein: letters added, left out, replaced, or two neighbours swapped. */
function mistakesBetween(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + cost);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
