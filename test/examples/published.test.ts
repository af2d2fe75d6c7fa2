/** Configurations that others have published, on machines: what docs/rehearse-published.md tells of their runs is what is seen. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../cli/pulumi.ts";
import { TestStack } from "../e2e/stack.ts";

/** How a run ends. A pattern: as promised, or failed with failures of this kind alone, as the machine has it. */
type Outcome = "as promised" | "failed" | RegExp;

/** The runs of a folder: what is broken, and each run's outcome, by its event, object and service. */
const published: Readonly<Record<string, Readonly<Record<string, Outcome>>>> = {
  "case-study": { "crash 192.0.2.110:80": "as promised", "crash 192.0.2.112:443": "failed" },
  "control-planes": {
    // cp2 and cp3 have the same priority, and both may take the address: the outage was 3.4 s in one run, and 5.0 s in another.
    "crash 10.20.0.70:80": /^the client sees an outage of 2609 to 3609 ms/,
    "script check_apiserver 10.20.0.70:80": "as promised",
  },
  "crossed-nginx": {
    "crash 192.0.2.90:80": "as promised",
    "crash 192.0.2.91:80": "as promised",
    // keepalived ends the script after its interval of 2 s. In some runs it has stopped keepalived then, and the address does not come back.
    "script chk_nginx 192.0.2.90:80": /held by web1 alone.* within 187 s: on the wire the master is web2/,
    "script chk_nginx 192.0.2.91:80": /held by web2 alone.* within 184 s: on the wire the master is web1/,
  },
  "dr-other-subnet": { "crash 198.51.100.1:80": "as promised" },
  "dual-stack-group": { "crash 192.0.2.31:80": "as promised", "crash [2001:db8:2::2b]:80": "as promised" },
  // Behind a crashed master nobody moves the real servers' gateway.
  "fwmark-shop": { "crash 198.51.100.20:80": "failed" },
  "gateway-conntrack": { "crash 203.0.113.5:80": "as promised" },
  "haproxy-nopreempt": { "crash 192.0.2.158:80": "as promised" },
  // The master does not take its address back, and the script's run has no master to begin with.
  "haproxy-on-master": { "crash 192.0.2.72:80": "failed", "script chk_proxy 192.0.2.72:80": "failed" },
  "nat-two-networks": { "crash 198.51.100.1:80": "as promised" },
  "services-in-files": { "crash 192.0.2.80:443": "failed" },
  "strict-default": { "crash 192.0.2.110:80": "failed" },
};

interface Matrix {
  readonly cells: readonly {
    readonly event: string;
    readonly object: string | null;
    readonly service: string;
    readonly passed: boolean;
    readonly failures: readonly string[];
  }[];
}

describe.each(Object.entries(published))("%s", (name, runs) => {
  const stack = new TestStack("rehearse-published");
  afterAll(() => stack.remove());

  test("the runs show what its section tells", async () => {
    const folder = join(projectRoot, "rehearsals/published", name);
    const report = join(stack.reports, name);
    const only = ["crash", "script"];
    const { status, stdout, stderr } = await stack.lvs("rehearse run", folder, "--report", report, "--only", ...only);
    const { cells } = JSON.parse(readFileSync(join(report, "matrix.json"), "utf8")) as Matrix;
    const seen = cells.map(({ event, object, service, passed, failures }) => {
      const run = [event, object, service].filter(Boolean).join(" ");
      const expected = runs[run];
      const isKnown = expected instanceof RegExp && failures.every((one) => expected.test(one));
      return [run, isKnown ? expected : passed ? "as promised" : "failed"];
    });
    expect(Object.fromEntries(seen), stdout + stderr).toEqual(runs);
    expect(status).toBe(cells.every(({ passed }) => passed) ? 0 : 1);
  });
});
