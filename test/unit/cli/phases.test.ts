import { describe, expect, it } from "vitest";
import { formatPhases, phaseTimes } from "../../../cli/phases.ts";
import type { Operation } from "../../../provision/operation-log.ts";

const begun = new Date("2026-01-02T03:04:05.000Z");
/** An operation on a type, from and to these seconds after the beginning. */
const operation = (type: string, from: number, to: number, verb: Operation["verb"] = "create"): Operation => ({
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
      operation("LabHost", 1, 3),
      operation("BaseSystem", 8, 30),
      operation("Packages", 28, 80), // of a quick server, before the slow one has booted
      operation("BaseSystem", 7, 32),
      operation("Httpd", 80, 82),
      operation("Packages", 32, 90),
      operation("Keepalived", 90, 95),
      operation("Serving", 95, 97.25),
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
    expect(phaseTimes(begun, [operation("Keepalived", 2, 5), operation("Mail", 1, 9, "delete")])).toEqual([
      { phase: "configuration", ms: 5000 },
    ]);
    expect(phaseTimes(begun, [])).toEqual([]);
  });
});
