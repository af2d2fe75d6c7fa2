import { z } from "zod";
import type { Lab } from "../lab/index.ts";
import { labHostRef } from "./host/reach.ts";
import { serverRef } from "./ssh/index.ts";

/** The form of the stack output `live`. A change that a reader could stumble over raises it. */
export const LIVE_VERSION = 2;

/** The stack output `live`: the lab, and how its hosts are reached. A secret, for it holds the lab's private key. */
export const liveSchema = z.object({
  version: z.literal(LIVE_VERSION),
  lab: z.custom<Lab>((lab) => (lab as Partial<Lab> | undefined)?.version === 2, "a lab in another form"),
  host: labHostRef,
  /** The bridge of each network on the lab host, by the network's name. */
  bridges: z.record(z.string(), z.string()),
  /** What runs the guests. */
  acceleration: z.enum(["kvm", "qemu"]),
  /** How each server is reached, in the lab file's order. */
  servers: z.array(serverRef),
});

/** A lab that is up, as its stack's outputs describe it: what checks, faults and probes work on. */
export type LiveLab = z.output<typeof liveSchema> & { readonly stack: string };
