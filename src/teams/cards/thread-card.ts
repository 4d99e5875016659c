import type { RequestView } from "../../usecases/telling/request-views.ts";
import type { Card } from "../expand.ts";
import { counted } from "../words.ts";
import { firstThatFits } from "./fitting.ts";
import { noticeCard } from "./notices.ts";
import { fact, said } from "./text.ts";
import { entryLines } from "./thread.ts";

/** All that was said about a request, or the newest of it that a card has room for. */
export function threadCard({ id, thread, plan }: RequestView["request"]): Card {
  const counts = [thread.length, 40, 20, 10, 6].filter((count) => count <= thread.length);
  const draw = (count: number) => {
    const older = thread.length - count;
    return noticeCard({
      title: `What was said about ${id}`,
      lines: [
        fact("Name", plan.displayName),
        ...(older > 0
          ? [
              said(
                `${counted(older, "earlier entry", "earlier entries")} left out: an admin can say audit ${id}.`,
              ),
            ]
          : []),
        ...thread.slice(-count).flatMap((entry) => entryLines(entry, 1200)),
      ],
    });
  };
  return firstThatFits(counts, draw).card;
}
