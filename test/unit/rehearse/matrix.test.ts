import { beforeAll, describe, expect, it, test } from "vitest";
import { type Lab, type RealServer, toIp, type VirtualService } from "../../../lab/index.ts";
import { objectOf } from "../../../rehearse/matrix/cells.ts";
import {
  cellsOf,
  eventNames,
  events,
  formatMatrix,
  type Row,
  rowOf,
  serviceWords,
} from "../../../rehearse/matrix/index.ts";
import { failureOf } from "../../../rehearse/matrix/tracked.ts";
import { faults } from "../../../verify/faults/index.ts";
import type { RunResult, StepResult } from "../../../verify/report/result.ts";
import { findScenario, readScenario } from "../../../verify/scenarios/index.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";
import { aRun } from "../verify/report/a-run.ts";

/** The events of a master. */
const masters = eventNames.filter((event) => !("realServer" in events[event]));

/** Those of what it tracks. */
const tracking = ["script", "process", "interface"] as const;

const times = { connectTimeout: 3, delayLoop: 6, delayBeforeRetry: 3 };

describe("the cells of a lab", () => {
  let ha: Lab;
  beforeAll(async () => {
    ha = (await aLiveLab("ha")).lab;
  });
  const service = () => ha.services[0] as VirtualService;

  it("are all events, in their order", () => {
    expect(cellsOf(ha).map((cell) => `${cell.event} ${cell.service.port} ${cell.scenario}`)).toEqual([
      ...["crash 80 director-down", "stop 80 keepalived-stopped", "cable 80 link-down", "freeze 80 director-frozen"],
      ...["partition 80 split-brain", "reboot 80 director-reboot"],
      // TCP_CHECK sees no real server that hangs.
      ...["refuse 80 real-server-down", "dead 80 real-server-down", "all-refuse 80 all-real-servers-down"],
    ]);
    const healthCheck = { type: "http", path: "/", ...times } as const;
    const asked = { ...ha, services: [{ ...service(), healthCheck }] };
    expect(cellsOf(asked).map(({ event }) => event)).toEqual(
      eventNames.filter((event) => !tracking.some((one) => one === event)),
    );
  });

  it("are those that are asked for", () => {
    expect(cellsOf(ha, ["freeze", "crash"]).map(({ event }) => event)).toEqual(["crash", "freeze"]);
  });

  it("are of one service of each instance, the first with real servers", () => {
    const services = [{ ...service(), port: 79, realServers: [] }, service(), { ...service(), port: 81 }];
    expect(cellsOf({ ...ha, services }, ["crash"]).map((cell) => cell.service.port)).toEqual([80]);
  });

  it("are of every instance, event by event, also where two have one name", () => {
    const other = toIp("172.25.254.101");
    const [instance] = ha.vrrp as [Lab["vrrp"][number]];
    const lab = {
      ...ha,
      vrrp: [instance, { ...instance, id: 52, addresses: [other] }],
      services: [service(), { ...service(), vip: other, port: 81 }],
    };
    expect(cellsOf(lab, ["crash", "stop"]).map((cell) => `${cell.event} ${cell.service.port}`)).toEqual([
      ...["crash 80", "crash 81", "stop 80", "stop 81"],
    ]);
  });

  it("are one where the master does not take its addresses back", () => {
    const lab = { ...ha, vrrp: ha.vrrp.map((one) => ({ ...one, preempt: false })) };
    expect(cellsOf(lab, masters).map(({ event, scenario }) => `${event} ${scenario}`)).toEqual(["crash no-preemption"]);
  });

  it("are one for each object that the master tracks", () => {
    const times = { interval: 2, timeout: 1, fall: 2, rise: 2 };
    const [instance] = ha.vrrp as [Lab["vrrp"][number]];
    const tracked = {
      ...instance,
      trackScripts: [
        { name: "chk_a", weight: 0, command: ["/a"], ...times },
        { name: "chk_b", weight: -60, command: ["/b"], ...times },
      ],
      trackProcesses: [{ name: "proc", weight: 0, process: "x", quorum: 1, delay: 0 }],
      trackInterfaces: [{ network: "inside", weight: -10 }],
    };
    const cells = cellsOf({ ...ha, vrrp: [tracked] }, tracking);
    expect(cells.map((cell) => `${cell.event} ${objectOf(cell)} ${cell.scenario}`)).toEqual([
      ...["script chk_a tracked-script-fails", "script chk_b tracked-script-fails"],
      ...["process proc tracked-process-stops", "interface inside tracked-script-fails"],
    ]);
    expect(cellsOf({ ...ha, vrrp: [{ ...tracked, preempt: false }] }, tracking)).toEqual([]);
  });

  it("stop the process that a tracked script looks for, and let any other script fail", () => {
    const tracked = { name: "chk", weight: 0, fails: { minimum: 0, maximum: 0 }, recovers: { minimum: 0, maximum: 0 } };
    expect(failureOf({ ...tracked, kind: "script" })).toEqual({ id: "script-fail", parameters: { script: "chk" } });
    const watching = failureOf({ ...tracked, kind: "script", process: "haproxy" });
    expect(watching).toMatchObject({ id: "process-stop", parameters: { process: "chk" } });
    expect(watching.words?.title).toBe("haproxy, which the script chk looks for, ends on the master, and runs again");
    expect(failureOf({ ...tracked, kind: "process", process: "haproxy" })).toEqual({
      ...{ id: "process-stop", parameters: { process: "chk" } },
    });
  });

  it("are one for each kind of real server, further kinds at the end", () => {
    const [one, other] = service().realServers as [RealServer, RealServer];
    const realServers = [one, { ...other, server: "a" }, { ...other, server: "b", weight: 3 }, { ...other, weight: 0 }];
    const more = { ...service(), port: 81, realServers: [one, { ...other, healthCheck: null }] };
    const lab = { ...ha, services: [{ ...service(), realServers }, more] };
    expect(
      cellsOf(lab, ["refuse", "dead"]).map((cell) => `${cell.event} ${cell.service.port} ${objectOf(cell)}`),
    ).toEqual([
      ...["refuse 80 server2", "refuse 81 server2", "dead 80 server2", "dead 81 server2"],
      ...["refuse 80 b", "dead 80 b"],
    ]);
  });

  it("have the sorry server's scenario where there is one", () => {
    const sorryServer = { server: "server3", address: toIp("172.25.254.13"), port: 80, page: "sorry" };
    const [cell] = cellsOf({ ...ha, services: [{ ...service(), sorryServer }] }, ["all-refuse"]);
    expect(cell?.scenario).toBe("sorry-server");
  });

  it("are none of a director alone, and of a service that no instance holds", async () => {
    const alone = { ...ha, vrrp: ha.vrrp.map((one) => ({ ...one, members: one.members.slice(0, 1) })) };
    expect(cellsOf(alone, masters)).toEqual([]);
    expect(cellsOf((await aLiveLab("dr")).lab)).toEqual([]);
  });

  it("are none of a real server that is the only one, or that nothing checks", () => {
    const others = ["refuse", "dead", "hang"] as const;
    const { healthCheck: _, ...unchecked } = service();
    expect(
      cellsOf({ ...ha, services: [{ ...service(), realServers: service().realServers.slice(1) }] }, others),
    ).toEqual([]);
    expect(cellsOf({ ...ha, services: [unchecked] }, others)).toEqual([]);
  });

  it.each([...eventNames.map((event) => events[event].scenario), "no-preemption"])(
    "%s is a scenario that breaks something",
    async (name) => {
      const { steps } = await readScenario(await findScenario(name), { faults });
      expect(steps.filter(({ kind }) => kind === "fault").length).toBeGreaterThan(0);
    },
  );
});

/** The row of a run that is altered. */
function rowWith(
  alter: (run: RunResult) => Partial<RunResult> = () => ({}),
  event: keyof typeof events = "crash",
  budgets: Parameters<typeof rowOf>[3] = {},
): Row {
  const run = aRun();
  const service = {
    healthCheck: { type: "tcp", ...times },
    realServers: [{ server: "real1" }],
  } as unknown as VirtualService;
  return rowOf(
    { event, service, scenario: events[event].scenario, ...("realServer" in events[event] ? { realServer: 1 } : {}) },
    { ...run, steps: run.steps.map((step) => ({ ...step, ok: true })), ...alter(run) },
    "reports/x.html",
    budgets,
  );
}

const outageStep = (n: number, seen: string): StepResult => ({
  ...{
    n,
    kind: "expect",
    title: "the client sees an outage of 2805 to 3805 ms",
    from: 0,
    to: 1,
    ok: false,
    seen,
    evidence: [],
  },
});

/** The run with another outage after the fault. */
const withOutage = (
  run: RunResult,
  longest: Partial<NonNullable<RunResult["windows"][number]["outage"]["longest"]>> | null,
) =>
  run.windows.map((window) =>
    window.promise
      ? {
          ...window,
          outage: { ...window.outage, longest: longest && { ...(window.outage.longest as object), ...longest } },
        }
      : window,
  ) as RunResult["windows"];

describe("the row of a run", () => {
  it("is what the client saw after the event, and after everything was back", () => {
    const row = rowWith();
    expect(row).toMatchObject({
      ...{ event: "crash", service: "172.25.254.100:80", instance: "VI_1", passed: true, failures: [] },
      ...{ report: "reports/x.html", failbackMs: 61.16 },
    });
    expect(row.outageMs).toBeGreaterThan(3600);
    expect(row.outageMs).toBeLessThan(3800);
    expect(row.seen).toMatch(/^37\d\d ± \d+ ms$/);
    expect(Math.round(row.promise?.minimumMs ?? 0)).toBe(2805);
    expect(row.lost).toBe(aRun().windows.reduce((sum, { outage }) => sum + outage.counts.failed, 0));
    expect(row.lost).toBeGreaterThan(0);
  });

  it("has failed with a step, and says which", () => {
    const row = rowWith(({ steps }) => ({
      steps: steps.map((step) => ({ ...step, ok: step.n !== 4, ...(step.n === 4 ? { seen: "nobody" } : {}) })),
    }));
    expect(row.passed).toBe(false);
    expect(row.failures).toEqual(["server4 holds the VIP within 5 s: nobody"]);
  });

  it("has failed when it was interrupted", () => {
    expect(rowWith(() => ({ interrupted: "SIGINT" }))).toMatchObject({ passed: false, failures: ["ended by SIGINT"] });
  });

  it("has passed with an outage that is shorter than promised, but not with a longer one", () => {
    const failing = ({ steps }: RunResult) =>
      steps.map((step) => ({ ...step, ok: true })).toSpliced(4, 0, outageStep(5, "x"));
    const with_ = (longest: Parameters<typeof withOutage>[1]) =>
      rowWith((run) => ({ steps: failing(run), windows: withOutage(run, longest) }));
    expect(with_({ ms: 20 })).toMatchObject({ passed: true, outageMs: 20 });
    expect(with_(null)).toMatchObject({ passed: true, outageMs: null, seen: expect.stringMatching(/^none/) });
    expect(with_({ ms: 9000 })).toMatchObject({
      passed: false,
      failures: ["the client sees an outage of 2805 to 3805 ms: x"],
    });
    // It began when the run was about to end.
    expect(with_({ ms: 20, to: null })).toMatchObject({ passed: false, seen: expect.stringContaining("not over") });
  });

  it("has failed with an outage after everything was back, however short the first one was", () => {
    const row = rowWith((run) => ({
      steps: [...run.steps.map((step) => ({ ...step, ok: true })), outageStep(99, "1 s")],
      windows: withOutage(run, { ms: 20 }),
    }));
    expect(row.passed).toBe(false);
  });

  it("of a real server's event has the time until it was out of the table, and how long its health check may take", () => {
    const row = rowWith(
      ({ steps: [first] }) => ({
        steps: [
          { ...first, n: 1, kind: "fault", ok: true, from: 1000, to: 1500 },
          { ...first, n: 2, kind: "expect", ok: true, from: 1500, to: 6200 },
        ] as RunResult["steps"],
      }),
      "dead",
    );
    // One retry, three seconds later, and up to three seconds for each of two attempts.
    expect(row.detection).toEqual({ promise: { minimum: 3, maximum: 15 }, ms: 5200 });
    expect(formatMatrix([row])).toMatch(/dead real1 .* out in 3 to 15 s {2}out after 5\.2 s/);
    expect(rowWith().detection).toBeUndefined();
  });

  it("has failed where it is over a budget, and says by how much", () => {
    const within = { outageMs: 4000, failbackMs: 100, detectionMs: 1, lost: 1000 };
    expect(rowWith(undefined, "crash", within)).toMatchObject({ passed: true, failures: [] });
    const over = { outageMs: 3000, failbackMs: 60, lost: 1 };
    const { passed, failures, lost } = rowWith(undefined, "crash", over);
    expect(passed).toBe(false);
    expect(failures).toEqual([
      expect.stringMatching(/^the outage: 37\d\d ms, over the budget of 3000 ms$/),
      "the outage when everything came back: 61 ms, over the budget of 60 ms",
      `failed requests: ${lost}, over the budget of 1`,
    ]);
  });

  it("of a run that broke nothing says so", () => {
    const row = rowWith(({ steps }) => ({ steps: steps.filter(({ kind }) => kind === "expect" || kind === "wait") }));
    expect(row).toMatchObject({ seen: "nothing was broken", outageMs: null, failbackMs: null });
    expect(row.promise).toBeUndefined();
  });
});

test("the table has a line a row, and what did not hold below it", () => {
  const common = {
    object: null,
    service: "192.0.2.100:80",
    instance: "VI_1",
    report: "reports/a/index.html",
    failures: [],
  };
  const promise = { minimumMs: 2805, maximumMs: 3805, toleranceMs: 500, arithmetic: "" };
  const rows: Row[] = [
    {
      ...common,
      event: "crash",
      passed: true,
      promise,
      outageMs: 3702,
      failbackMs: null,
      lost: 180,
      seen: "3702 ± 21 ms",
    },
    {
      ...common,
      event: "stop",
      passed: true,
      outageMs: null,
      failbackMs: 12.4,
      lost: 0,
      seen: "none, slowest connection 3 ms",
    },
    {
      ...common,
      event: "script",
      object: "chk",
      passed: false,
      outageMs: 900,
      failbackMs: 30,
      lost: 45,
      seen: "900 ± 21 ms",
      failures: ["lb2 holds it: nobody", "ended by SIGINT"],
    },
  ];
  expect(formatMatrix(rows)).toBe(
    [
      "   event       service         promised         measured      failback  lost",
      "✓  crash       192.0.2.100:80  2805 to 3805 ms  3702 ± 21 ms  none      180",
      "✓  stop        192.0.2.100:80  –                none          12 ms     0",
      "✗  script chk  192.0.2.100:80  –                900 ± 21 ms   30 ms     45",
      "",
      "✗ script chk, 192.0.2.100:80:",
      "    lb2 holds it: nobody",
      "    ended by SIGINT",
      "    reports/a/index.html",
    ].join("\n"),
  );
  expect(formatMatrix(rows.slice(0, 1)).split("\n")).toHaveLength(2);
});

test("services in words", async () => {
  const { lab } = await aLiveLab("ha");
  expect(serviceWords(lab)).toBe("172.25.254.100:80");
  expect(serviceWords({ ...lab, services: [] })).toBe("none");
});
