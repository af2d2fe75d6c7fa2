import { describe, expect, it } from "vitest";
import { formatPhases, phaseTimes } from "../../../cli/phases.ts";
import type { Turn } from "../../../provision/turns.ts";

const begun = new Date("2026-01-02T03:04:05.000Z");
/** A turn of a type, from and to these seconds after the beginning. */
const turn = (type: string, from: number, to: number, verb: Turn["verb"] = "create"): Turn => ({
  begun: new Date(begun.getTime() + from * 1000),
  ms: (to - from) * 1000,
  verb,
  type,
  name: `server1-${type.toLowerCase()}`,
  failed: false,
});

describe("the phases of an up", () => {
  it("end with the last of their resources; the machines are there when the first is waited for", () => {
    const times = phaseTimes(begun, [
      turn("LabHost", 1, 3),
      turn("BaseSystem", 8, 30),
      turn("Packages", 28, 80), // of a quick server, before the slow one has booted
      turn("BaseSystem", 7, 32),
      turn("Httpd", 80, 82),
      turn("Packages", 32, 90),
      turn("Keepalived", 90, 95),
      turn("Serving", 95, 97.25),
    ]);
    expect(times).toEqual([
      { phase: "host and image", ms: 3000 },
      { phase: "machines", ms: 4000 },
      { phase: "boot to SSH", ms: 25_000 },
      { phase: "packages", ms: 58_000 },
      { phase: "configuration", ms: 5000 },
      { phase: "waiting to serve", ms: 2250 },
    ]);
    expect(formatPhases(times)).toBe(
      "1 min 37 s: host and image 3.0 s, machines 4.0 s, boot to SSH 25 s, packages 58 s, configuration 5.0 s, waiting to serve 2.3 s",
    );
  });

  it("in which nothing was made are left out, as is what was only taken away", () => {
    expect(phaseTimes(begun, [turn("Keepalived", 2, 5), turn("Mail", 1, 9, "delete")])).toEqual([
      { phase: "configuration", ms: 5000 },
    ]);
    expect(phaseTimes(begun, [])).toEqual([]);
  });
});
