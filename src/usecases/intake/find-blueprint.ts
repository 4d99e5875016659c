import type { Blueprint } from "../../domain/blueprint.ts";
import { nearest } from "../../domain/nearest.ts";

const spelled = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/**
 * The systems that somebody may mean by what they typed: the one with that id or title, else all that have every
 * typed word somewhere in them, else the one whose name was probably mistyped. Nothing typed means all.
 */
export function findBlueprints(blueprints: readonly Blueprint[], typed: string): Blueprint[] {
  const wanted = spelled(typed);
  if (wanted === "") return typed.trim() === "" ? [...blueprints] : [];
  const exact = blueprints.filter(({ id, title }) => spelled(id) === wanted || spelled(title) === wanted);
  if (exact.length > 0) return exact;
  const words = wanted.split(" ");
  const found = blueprints.filter(({ id, title }) => {
    const text = `${spelled(id)} ${spelled(title)}`;
    // "argocd" means "Argo CD" too.
    const joined = text.replaceAll(" ", "");
    return words.every((word) => text.includes(word) || joined.includes(word));
  });
  if (found.length > 0) return found;
  const meant = nearest(
    wanted,
    blueprints.flatMap(({ id, title }) => [id, title]),
  );
  return blueprints.filter(({ id, title }) => meant === id || meant === title);
}
