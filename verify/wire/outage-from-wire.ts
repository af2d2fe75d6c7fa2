import { type Outage, outageOf, type ProbedRequest } from "../probe/index.ts";
import type { Handshake, WireEvidence } from "./evidence.ts";

/** Time until the answer to a first SYN is there, or TCP has sent it again: see records.ts. */
const DECIDED_AFTER_MS = 1000;

/**
 * The outage by the wire alone, without the probe, by the definition of `outageOf`: the longest stretch without an answered first SYN.
 * Two things are not on the wire: SYNs that waited for ARP in the client and were never sent, and pages. So `outcome` and `counts` are of
 * connections.
 * @param since as `outageOf` has it
 */
export function outageFromWire(
  { handshakes, to }: Pick<WireEvidence, "handshakes" | "to">,
  { since = 0 }: { since?: number } = {},
): Outage {
  // A SYN sent just before the end of the capture may have been answered after it.
  const decided = handshakes.filter(({ syn, synAck }) => synAck !== null || to - syn >= DECIDED_AFTER_MS);
  return outageOf(
    decided.map((one, n) => asRequest(one, n, to)),
    { since },
  );
}

function asRequest({ syn, synAck }: Handshake, n: number, to: number): ProbedRequest {
  return {
    n,
    due: syn,
    started: syn,
    connected: synAck,
    ended: synAck ?? to,
    outcome: synAck === null ? "failed" : synAck - syn >= DECIDED_AFTER_MS ? "delayed" : "answered",
    body: "",
  };
}
