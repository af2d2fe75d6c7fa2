import { type Outage, outageOf, type ProbedRequest } from "../probe/index.ts";
import type { Handshake, WireEvidence } from "./evidence.ts";

/** By then the answer to a first SYN is there, or TCP has sent it again: see records.ts. */
const DECIDED_AFTER_MS = 1000;

/**
 * The outage as the wire alone shows it, by the definition of `outageOf`: the longest stretch without a first SYN that was answered.
 * It knows nothing of the probe. Two things it cannot see: SYNs that waited for ARP in the client and were never sent, and
 * pages; `outcome` and `counts` speak of connections.
 * @param since as `outageOf` has it
 */
export function outageFromWire(
  { handshakes, to }: Pick<WireEvidence, "handshakes" | "to">,
  { since = 0 }: { since?: number } = {},
): Outage {
  // Of a SYN that was sent just before the capture ended nobody knows whether it would have been answered.
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
