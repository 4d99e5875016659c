import { type Card, expandTemplate } from "../expand.ts";
import type { Line } from "./text.ts";

const forAll = [
  ["request", "ask for an app registration"],
  ["status", "where your requests stand; status REQ-… for one of them"],
  ["answer REQ-… text", "answer an approver's question"],
  ["accept REQ-… rN", "accept what an approver has left of revision N"],
  ["nudge REQ-…", "ask the approvers to look, once a day"],
  ["withdraw REQ-…", "take a request back while it waits"],
  ["list", "the registrations that you own; list and some words for those that have them"],
  ["show REQ-…", "one registration, and what you can do with it"],
  ["lost REQ-…", "you lost its secret or the link: it is removed and a new one is made"],
  ["notme REQ-…", "somebody else opened its secret: the same, and the approvers are told"],
  ["rotate REQ-…", "a new secret beside the old one; its client ID or name will do as well"],
  ["switched REQ-…", "the new secret is in use: the old one is removed"],
  ["cancel rotation REQ-…", "give up the new secret: the old one stays"],
  ["revoke REQ-…", "stop a registration of yours; its client ID or name will do as well"],
  ["transfer REQ-… @person", "hand a registration of yours to a colleague, who accepts first"],
  ["co-owner REQ-… @person", "ask a colleague to own it with you"],
  ["remove co-owner REQ-…", "the second owner owns it no longer; the first one stays"],
  ["accept ownership REQ-… mark", "own what you were asked to own; the mark is on its card"],
  ["decline ownership REQ-…", "say no to that"],
  ["withdraw ownership REQ-…", "take back that you asked somebody to own it"],
  ["know REQ-…", "you have read that its secret or certificate ends, and see to it"],
  ["needed REQ-…", "say that you still need a registration, when Usher asks for it"],
  ["drift REQ-…", "in what a registration differs from what was approved"],
  ["help", "this card"],
] as const;
const forBoth = [
  ["retry REQ-…", "try again to make what could not be made"],
  ["clean REQ-…", "take away what is left of it in Entra, and end it"],
  ["stop REQ-…", "the same for one whose making has waited for half an hour"],
  ["take over REQ-…", "own what nobody owns any more"],
  ["hand over REQ-… @person", "ask a colleague to own what nobody owns any more"],
  ["list all", "all registrations; with words for those that have them"],
  ["list expiring", "those that expire, the soonest first"],
  ["restore REQ-…", "bring back what was revoked within 30 days, with a new secret for its owner"],
] as const;
const forApprovers = [
  ["pending", "what waits for a decision or for somebody else, and what could not be made"],
  ["approve REQ-… rN", "approve revision N; without rN it shows the plan and decides nothing"],
  ["return REQ-… rN question", "send it back with a question that the requester answers"],
  ["deny REQ-… rN reason", "deny it, with the reason that the requester will read"],
  ["repair REQ-…", "bring back what was approved, where somebody changed it in Entra"],
  ...forBoth,
  ["approve ownership REQ-… mark", "agree to a new owner where the risk is high; the mark is on its card"],
  ["deny ownership REQ-… mark reason", "do not agree, with the reason that the owner will read"],
] as const;
const forAdmins = [
  ["audit", "who did what; audit REQ-… for one request, audit csv or audit jsonl for a file"],
  ["doctor", "whether all that Usher needs is well: rights, groups, channel, address, clocks"],
  ["go on", "after a backup was restored: what is held, and letting it go on"],
  ["approvals here", "in a channel: make this the approvals channel"],
] as const;

/** All of them, by whom they are for. */
export const helpWords = { everybody: forAll, approvers: forApprovers, admins: forAdmins };

/** The commands that this person can use here. */
export function helpCard({ isApprover, isAdmin }: { isApprover: boolean; isAdmin: boolean }): Card {
  const listing = isApprover || !isAdmin ? [] : forBoth;
  return expandTemplate("help", {
    summary: "What you can say to Usher.",
    groups: [
      { heading: "Everybody", lines: forAll.map(commandLine) },
      ...(isApprover ? [{ heading: "Approvers", lines: forApprovers.map(commandLine) }] : []),
      ...(isAdmin ? [{ heading: "Admins", lines: [...listing, ...forAdmins].map(commandLine) }] : []),
    ],
  });
}

function commandLine([command, does]: readonly [string, string]): Line {
  return {
    inlines: [
      { type: "TextRun", text: command, fontType: "Monospace", weight: "Bolder" },
      { type: "TextRun", text: `: ${does}` },
    ],
  };
}
