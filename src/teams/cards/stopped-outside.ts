import type { WhyStopped } from "../../domain/finding.ts";
import type { RequestView } from "../../usecases/telling/request-views.ts";
import { type Line, said } from "./text.ts";

/** Part of a sentence about a registration with which nothing signs in, because somebody changed it in Entra. */
export const stoppedShortly: Readonly<Record<WhyStopped, string>> = {
  deleted: "somebody deleted it in Entra",
  disabled: "somebody disabled it in Entra",
  "no-credential": "somebody removed its credential in Entra",
};

/** At the top of the card of a request that was made. */
export const stoppedOutsideTitle: Readonly<Record<WhyStopped, string>> = {
  deleted: "Somebody deleted this in Entra",
  disabled: "Somebody disabled this in Entra",
  "no-credential": "Somebody removed its credential in Entra",
};

export const stoppedOutsideLines = ({ stops, request: { id } }: RequestView): Line[] =>
  stops
    ? [
        said(
          `Nothing can sign in with it as it is now: ${stoppedShortly[stops]}. Say drift ${id} to see more.`,
        ),
      ]
    : [];
