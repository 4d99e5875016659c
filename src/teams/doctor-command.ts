import { askDoctor } from "../usecases/doctor/ask-doctor.ts";
import { doctorCard } from "./cards.ts";
import { type Reply, refused, type Turn } from "./reply.ts";

/** `doctor`: whether all that Usher stands on is well. */
export async function doctorByText({ world, caller }: Turn): Promise<Reply> {
  const asked = await askDoctor(world, caller);
  return "refused" in asked ? refused(asked) : { card: doctorCard(asked.findings) };
}
