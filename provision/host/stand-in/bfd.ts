import { z } from "zod";
import type { BfdSession } from "../../../lab/index.ts";
import { bfdInstance } from "../../roles/keepalived-vrrp.ts";

/** A stand-in's end of a BFD session, whose other end is a director's `bfd_instance`. Intervals are in milliseconds. */
export const bfdSession = z.object({
  /** keepalived's name for it here. */
  name: z.string(),
  /** The stand-in's address. */
  source: z.string(),
  /** The director's. */
  neighbor: z.string(),
  minTx: z.number(),
  minRx: z.number(),
  multiplier: z.int(),
});

/** The configuration of a stand-in's keepalived, which speaks BFD alone. */
export const bfdConfig = (sessions: readonly z.output<typeof bfdSession>[]): string =>
  sessions.map((one) => bfdInstance(one as BfdSession)).join("\n");
