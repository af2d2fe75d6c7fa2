import type { DiagnosisExpectation } from "../scenario.ts";
import { diagnosesOfWindow } from "../wire-now.ts";
import type { Judge } from "./judge.ts";

export const diagnosis: Judge<DiagnosisExpectation> = {
  expected: ({ id }) => (id === null ? "the wire shows nothing out of the ordinary" : `the wire shows: ${id}`),
  look({ id }, observed) {
    const found = diagnosesOfWindow(observed);
    return {
      ok: id === null ? found.length === 0 : found.some((one) => one.id === id),
      seen: found.map((one) => `${one.id}: ${one.title}`).join("; ") || "nothing out of the ordinary",
    };
  },
  hint: "capture.pcap beside the report is what it was concluded from: tcpdump -r, or Wireshark.",
};
