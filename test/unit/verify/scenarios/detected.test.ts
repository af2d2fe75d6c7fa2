import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type HealthCheck, type Lab, parseLab } from "../../../../lab/index.ts";
import { projectRoot } from "../../../../provision/paths.ts";
import { detectedWithinMs } from "../../../../verify/scenarios/detected.ts";
import { parseScenario, resolve, unmetRequirements } from "../../../../verify/scenarios/index.ts";
import { serviceOf } from "../../../../verify/scenarios/selectors.ts";
import { problemsIn } from "../../lab/file-cases.ts";
import { faults } from "./some-faults.ts";

const text = readFileSync(join(projectRoot, "labs/ha.yaml"), "utf8");
const ha = parseLab(text, "ha.yaml");
const HEALTH_CHECK = / {4}healthCheck:.*\n(?: {6}.*\n)+/;
const asked = parseLab(
  text.replace(HEALTH_CHECK, "    healthCheck: { type: http, delayLoop: 10, connectTimeout: 4, retry: 2 }\n"),
  "ha.yaml",
);
const synced = parseLab(readFileSync(join(projectRoot, "labs/connection-sync.yaml"), "utf8"), "connection-sync.yaml");
const sorry = parseLab(text.replace(HEALTH_CHECK, "    sorryServer: {}\n"), "ha.yaml");

/** The deadline of a step that waits for the health check, after a fault on a real server and after its heal, in seconds. */
function deadlines(
  lab: Lab,
  fault: string,
  on = "real-server-1",
  checks?: ReadonlyMap<string, readonly HealthCheck[]>,
) {
  const scenario = parseScenario(
    `title: One
control: keepalived
load: {}
steps:
  - fault: ${fault}
    on: ${on}
  - expect: { served: 2s }
    within: detected
  - heal: ${fault}
  - expect: { served: 2s }
    within: detected
`,
    "mine.yaml",
    { faults },
  );
  const { steps } = resolve(scenario, lab, { master: "server1", faults, ...(checks ? { checks } : {}) });
  return steps.flatMap((step) => (step.kind === "expect" ? [step.withinMs / 1000] : []));
}

const tcp: HealthCheck = { type: "tcp", delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };
const slow: HealthCheck = { ...tcp, delayLoop: 20, retry: 3 };

/** Seconds of every deadline for looks and slow timers. */
const TOLERANCE = 10;

describe("a step waits for the health check", () => {
  it("as long as the lab's may take for the kind of failure, and to see its end", () => {
    // delayLoop, and one retry after delayBeforeRetry; back: the next check, after the longer of the two.
    expect(deadlines(ha, "httpd-stop")).toEqual([6 + 3 + TOLERANCE, 6 + TOLERANCE]);
    // Each of the two checks waits for connectTimeout.
    expect(deadlines(ha, "power-off")).toEqual([6 + 3 + 2 * 3 + TOLERANCE, 6 + 3 + TOLERANCE]);
    // HTTP_GET: two retries, and two successes in a row.
    expect(deadlines(asked, "httpd-hang")).toEqual([10 + 2 * (4 + 3) + 4 + TOLERANCE, 4 + 10 + 10 + TOLERANCE]);
  });

  it("of the slowest, if the fault is on several", () => {
    const checks = new Map([
      ["server2", [tcp]],
      ["server3", [slow]],
    ]);
    expect(deadlines(ha, "httpd-stop", "real-servers", checks)).toEqual([20 + 3 * 3 + TOLERANCE, 20 + TOLERANCE]);
    expect(deadlines(ha, "httpd-stop", "real-server-1", checks)[0]).toBe(6 + 3 + TOLERANCE);
  });

  it("of a real server with several checks: the first to fail takes it out, the last one lets it back", () => {
    expect(detectedWithinMs({ failure: "refuses", healed: false }, [[tcp, slow]])).toBe((6 + 3 + TOLERANCE) * 1000);
    expect(detectedWithinMs({ failure: "refuses", healed: true }, [[tcp, slow]])).toBe((20 + TOLERANCE) * 1000);
  });

  it("and has no deadline where none sees the failure", () => {
    expect(detectedWithinMs({ failure: "hangs", healed: false }, [[tcp]])).toBeUndefined();
    expect(detectedWithinMs({ failure: "refuses", healed: false }, [[tcp], []])).toBeUndefined();
    expect(detectedWithinMs({ failure: "refuses", healed: true }, [[]])).toBeUndefined();
  });

  it("which a keepalived.conf without such a check is told", () => {
    expect(() => deadlines(asked, "httpd-hang", "real-server-1", new Map([["server2", [tcp]]]))).toThrow(
      /^keepalived.conf has no health check that sees httpd-hang/,
    );
  });
});

it("a lab whose health check does not see the fault does not fit", () => {
  expect(problemsIn(() => deadlines(ha, "httpd-hang"))).toMatchObject([
    {
      rule: "detected-without-check",
      path: "steps[1].within",
      expected: expect.stringMatching(/^a health check of the service .* that sees httpd-hang, which is tcp$/),
    },
    { rule: "detected-without-check", path: "steps[3].within" },
  ]);
});

it("a fault on no real server of the service has no such deadline", () => {
  expect(problemsIn(() => deadlines(ha, "power-off", "server4"))).toMatchObject([
    {
      rule: "detected-without-check",
      expected: expect.stringMatching(/^a fault on a real server .*, which server4 is not$/),
    },
  ]);
});

describe("requirements of a scenario", () => {
  const unmet = (requires: Parameters<typeof unmetRequirements>[0], lab: Lab) =>
    unmetRequirements(requires, lab, serviceOf(lab)).map(({ key }) => key);

  it.each([
    ["no requirement", {}, ha, []],
    ["the kind of health check", { healthCheck: "tcp" }, ha, []],
    ["another kind", { healthCheck: "http" }, ha, ["healthCheck"]],
    ["one of several kinds", { healthCheck: ["http", "https"] }, asked, []],
    ["none of several kinds", { healthCheck: ["http", "https"] }, ha, ["healthCheck"]],
    ["a sorry server", { sorryServer: true }, sorry, []],
    ["a sorry server that is not there", { sorryServer: true }, ha, ["sorryServer"]],
    ["no sorry server", { sorryServer: false }, sorry, ["sorryServer"]],
    ["connections that directors share", { connectionSync: true }, synced, []],
    ["connections that they do not share", { connectionSync: false }, ha, []],
    ["connections that they do not share, which they do", { connectionSync: false }, synced, ["connectionSync"]],
    ["connections that they share, which they do not", { connectionSync: true }, ha, ["connectionSync"]],
    [
      "several at once",
      { preempt: false, forwarding: "nat", sorryServer: true },
      ha,
      ["preempt", "forwarding", "sorryServer"],
    ],
  ] as const)("%s", (_, requires, lab, keys) => {
    expect(unmet(requires as Parameters<typeof unmetRequirements>[0], lab)).toEqual(keys);
  });
});
