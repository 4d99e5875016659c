import type { Opening } from "../../domain/secret-link.ts";
import type { Opener } from "../../usecases/telling/request-views.ts";
import { momentWords } from "../words.ts";
import { fact, type Line, said } from "./text.ts";

/** Who opens the link where policy names somebody else than the requester; nothing where it does not. */
export function openerLines(opener: Opener | undefined): Line[] {
  if (!opener) return [];
  const { openedBy, name, isGone } = opener;
  const isPerson = "person" in openedBy;
  const who = isPerson
    ? "the colleague whom policy names, not by the requester"
    : "members of the group that policy names, not by the requester";
  return [
    name === undefined
      ? said(`The link to its secret is opened only by ${who}.`)
      : fact(`The link to its secret is opened only by ${who}`, name),
    ...(isGone
      ? [
          said(
            isPerson
              ? "That account is not enabled here, so nobody can open the link. An admin has to mend the policy before the link is made; without that rule the requester opens it."
              : "There is no such group any more, so nobody can open the link. An admin has to mend the policy before the link is made; without that rule the requester opens it.",
          ),
        ]
      : []),
  ];
}

/** When a link was opened, with which kind of device, and by whom if not by the requester. */
export function openedLines(at: Date, opening: Opening | undefined): Line[] {
  return [
    said(`The secret was opened on ${momentWords(at)}${opening ? `. Device: ${opening.device}` : ""}.`),
    ...(opening?.by ? [fact("Opened by", opening.by.name)] : []),
  ];
}
