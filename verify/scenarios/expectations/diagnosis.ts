import { choice } from "../../../lab/yaml/schema.ts";
import type { Diagnosis } from "../../wire/records.ts";
import { diagnosesOfWindow } from "../wire-now.ts";
import { defineExpectation } from "./kind.ts";

/** The diagnoses that the wire may give, by their names in reports. */
export const diagnoses = [
  "split-brain",
  "frozen-director",
  "rogue-router",
  "wrong-password",
  "master-crash",
  "clean-handover",
  "preemption",
  "arp-conflict",
  "no-master",
] as const satisfies readonly Diagnosis["id"][];

/**
 * With an id, a state: the wire shows it, at least for a part of the window. Null, in the file `none`, a measure: the wire shows no
 * diagnosis in the window.
 */
export interface DiagnosisExpectation {
  readonly kind: "diagnosis";
  readonly id: Diagnosis["id"] | null;
}

export const diagnosis = defineExpectation({
  schema: choice([...diagnoses, "none"], "write `diagnosis: none`"),
  complete: (id): DiagnosisExpectation => ({ kind: "diagnosis", id: id === "none" ? null : id }),
  // An ARP conflict is possible without keepalived.
  needsKeepalived: (id) => id !== undefined && id !== "none" && id !== "arp-conflict",
  isMeasure: ({ id }) => id === null,
  expected: ({ id }) => (id === null ? "the wire shows nothing out of the ordinary" : `the wire shows: ${id}`),
  look({ id }, observed) {
    const found = diagnosesOfWindow(observed);
    return {
      ok: id === null ? found.length === 0 : found.some((one) => one.id === id),
      seen: found.map((one) => `${one.id}: ${one.title}`).join("; ") || "nothing out of the ordinary",
    };
  },
  hint: "capture.pcap beside the report is what it was concluded from: tcpdump -r, or Wireshark.",
});
