import type { UserId } from "../../domain/ids.ts";
import type { OwnersState, WhyGone } from "../../domain/leavers.ts";
import type { Duty } from "../ports/duties.ts";

/** What stands of it with the duty: texts only. */
type OwnersData = Partial<Record<"absences" | "offerId" | MomentName, string>>;
type MomentName = (typeof momentNames)[number];
type Written = { userId: UserId; why: WhyGone; firstSeen: string; confirmedAt?: string }[];

const momentNames = ["toldAt", "leftAt", "askedFirst", "askedAt", "saidAt"] as const;

export function ownersState({ data }: Pick<Duty, "data">): OwnersState {
  const { absences, offerId }: OwnersData = data;
  const written = absences === undefined ? [] : (JSON.parse(absences) as Written);
  return {
    absences: written.map(({ firstSeen, confirmedAt, ...rest }) => ({
      ...rest,
      firstSeen: new Date(firstSeen),
      ...(confirmedAt && { confirmedAt: new Date(confirmedAt) }),
    })),
    ...(offerId !== undefined && { offerId }),
    ...Object.fromEntries(momentNames.flatMap((name) => (data[name] ? [[name, new Date(data[name])]] : []))),
  };
}

export function ownersData(state: OwnersState): Record<string, string> {
  const { absences, offerId } = state;
  return {
    ...(absences.length > 0 && { absences: JSON.stringify(absences) }),
    ...(offerId !== undefined && { offerId }),
    ...Object.fromEntries(
      momentNames.flatMap((name) => (state[name] ? [[name, state[name].toISOString()]] : [])),
    ),
  };
}
