import { z } from "zod";
import { type Lab, withPresentOs } from "../lab/index.ts";
import { labHostRef } from "./host/reach.ts";
import { serverRef } from "./ssh/index.ts";

/** Format version of the stack output `live`. Increased by changes that readers must know of. */
export const LIVE_VERSION = 2;

/** A lab that was brought up before health checks had kinds: all were TCP_CHECKs. */
const withKindsOfChecks = (lab: Lab): Lab => ({
  ...lab,
  services: lab.services.map((service) =>
    service.healthCheck
      ? { ...service, healthCheck: { ...{ type: "tcp" as const }, ...service.healthCheck } }
      : service,
  ),
});

/** The stack output `live`: the lab, and how to reach its hosts. Secret, because it holds the lab's private key. */
export const liveSchema = z.object({
  version: z.literal(LIVE_VERSION),
  lab: z
    .custom<Lab>((lab) => (lab as Partial<Lab> | undefined)?.version === 2, "unsupported lab version")
    .transform(withKindsOfChecks)
    .transform(withPresentOs),
  host: labHostRef,
  /** The bridge of each network on the lab host, by network name. */
  bridges: z.record(z.string(), z.string()),
  /** How the guests run. */
  acceleration: z.enum(["kvm", "qemu"]),
  /** How to reach each server, in the lab file's order. */
  servers: z.array(serverRef),
  /** The folder of which it is the rehearsal; not there: it is a lab. */
  rehearsal: z.string().optional(),
});

/** A running lab, as its stack's outputs describe it. Checks, faults and probes work on it. */
export type LiveLab = z.output<typeof liveSchema> & { readonly stack: string };
