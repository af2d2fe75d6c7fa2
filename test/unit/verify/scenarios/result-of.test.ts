import { describe, expect, it } from "vitest";
import { faults } from "../../../../verify/faults/index.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import type { ProbedRequest, ProbeResult } from "../../../../verify/probe/index.ts";
import type { RunResult, StepResult } from "../../../../verify/report/result.ts";
import { parseScenario, resolve } from "../../../../verify/scenarios/index.ts";
import type { OpenWindow } from "../../../../verify/scenarios/observed.ts";
import { resultOf } from "../../../../verify/scenarios/result-of.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { adverts, story } from "../wire/wire-story.ts";
import { asked, dr, ha, refused, timeout, times } from "./an-observed.ts";

const text = `title: The master loses its power
control: [ipvsadm, keepalived]
load: {}
steps:
  - fault: power-off
    on: master
  - expect: { served: 2s }
  - heal: power-off
`;
const scenarioFor = ({ lab }: LiveLab) =>
  resolve(parseScenario(text, "mine.yaml", { faults }), lab, { master: "server1", faults });
const scenario = scenarioFor(ha);

const step = (n: number, kind: StepResult["kind"], given: Partial<StepResult> = {}): StepResult => ({
  n,
  kind,
  title: `step ${n}`,
  from: n * 1000,
  to: n * 1000 + 500,
  ok: true,
  evidence: [],
  ...given,
});
const steps = [step(1, "fault"), step(2, "expect"), step(3, "heal")];

const windows: OpenWindow[] = [
  { step: 0, title: "before the first fault", from: 0 },
  { step: 1, title: "power off server1", from: 1000, fault: { fault: findFault("power-off"), targets: ["server1"] } },
  { step: 3, title: "heal power-off on server1", from: 6000 },
];

/** Ten seconds: an answer each tenth of one in turn, but for four seconds in which nobody answers, the first of them hangs. */
const requests: ProbedRequest[] = asked([
  ...times(5, "server2", "server3"),
  timeout,
  ...times(39, refused),
  ...times(25, "server2", "server3"),
]);

const probed = (given: Partial<ProbeResult> = {}): ProbeResult => ({
  target: { address: "172.25.254.100", port: 80 },
  options: { intervalMs: 100, timeoutMs: 2000, arpIntervalMs: 20, longLived: 1, longLivedIntervalMs: 100 },
  requests,
  arp: [{ mac: "52:54:00:fe:fe:0b", after: 0, at: 1 }],
  connections: [{ id: 0, opened: 5, closed: null, server: "server3", answers: [10] }],
  jitter: { medianMs: 0.1, p99Ms: 1, maxMs: 2 },
  ...given,
});

const captured = {
  ...story(10_000, adverts("server1", { from: 0, count: 2 })),
  info: { file: "/somewhere/else/capture.pcap", packets: 7, dropped: 0, clockErrorMs: 0.2 },
};

const result = (given: Partial<Parameters<typeof resultOf>[0]> = {}): RunResult =>
  resultOf({
    live: ha,
    scenario,
    startedAt: new Date("2026-01-01T12:00:00Z"),
    durationMs: 10_000,
    steps,
    windows,
    asked: probed(),
    captured,
    diagnoses: [],
    ...given,
  });

describe("windows", () => {
  const { windows: cut, load } = result();

  it("go from one fault or heal to the next, and the last to the run's end", () => {
    expect(cut.map(({ step: n, from, to }) => [n, from, to])).toEqual([
      [0, 0, 1000],
      [1, 1000, 6000],
      [3, 6000, 10_000],
    ]);
  });

  it("have the outage that was in them, and none of another's", () => {
    expect(cut.map(({ outage }) => outage.longest && [outage.longest.from, outage.longest.to])).toEqual([
      null,
      [1000, 5001],
      null,
    ]);
  });

  it("have a promise where their fault has one", () => {
    expect(cut.map(({ promise }) => promise && Math.round(promise.maximumMs))).toEqual([undefined, 3805, undefined]);
  });

  it("have every request once, where none was under way when one began", () => {
    const counts = cut.map(({ outage }) => outage.counts);
    const sum = (key: "total" | "answered" | "delayed" | "failed") => counts.reduce((all, one) => all + one[key], 0);
    for (const key of ["total", "answered", "delayed", "failed"] as const) expect(sum(key), key).toBe(load.counts[key]);
    expect(load.counts).toMatchObject({ total: 100, answered: 60, delayed: 0, failed: 40 });
  });

  it("name the servers that answered, as many times as they did", () => {
    expect(cut.map(({ perServer }) => perServer)).toEqual([
      { server2: 5, server3: 5 },
      { server2: 5, server3: 5 },
      { server2: 20, server3: 20 },
    ]);
    expect(load.perServer).toEqual({ server2: 30, server3: 30 });
  });

  it("share a request that was under way when one ended", () => {
    const [before, after] = result({
      windows: [...windows.slice(0, 1), { step: 1, title: "", from: 1500 }],
      asked: probed({ requests: requests.slice(0, 20) }),
    }).windows;
    expect(before?.outage.counts).toMatchObject({ total: 15, failed: 5 });
    expect(after?.outage.counts.errors).toEqual({ ECONNREFUSED: 5, TIMEOUT: 1 });
  });
});

describe("a run", () => {
  it.each<[string, Parameters<typeof result>[0], boolean]>([
    ["whose steps were all as they should be has passed", {}, true],
    ["in which one was not has not", { steps: [...steps.slice(0, 2), step(3, "heal", { ok: false })] }, false],
    ["that came to an end before its last step has not", { steps: steps.slice(0, 2) }, false],
    ["that was interrupted has not", { interrupted: "SIGINT" }, false],
  ])("%s", (_, given, passed) => {
    expect(result(given).passed).toBe(passed);
  });

  it("says that it was interrupted, by what, or says nothing of it", () => {
    expect(result({ interrupted: "SIGTERM" }).interrupted).toBe("SIGTERM");
    expect(result()).not.toHaveProperty("interrupted");
  });

  it("tells the lab as it was, and names what answered", () => {
    const { lab, series, startedAt } = result();
    expect(startedAt).toBe("2026-01-01T12:00:00.000Z");
    expect(lab).toMatchObject({
      name: "ha",
      setup: "automatic",
      control: "keepalived",
      service: "172.25.254.100:80",
      instance: "VI_1",
      network: "segment",
      vip: "172.25.254.100",
      port: 80,
      client: "172.25.254.250",
    });
    expect(lab.servers.map(({ name, priority }) => [name, priority])).toEqual([
      ["server1", 100],
      ["server2", undefined],
      ["server3", undefined],
      ["server4", 50],
    ]);
    for (const { mac } of lab.servers) expect(mac).toMatch(/^[0-9a-f:]{17}$/);
    expect(series.requests.servers).toEqual(["server2", "server3"]);
    expect(series.connections[0]?.server).toBe("server3");
  });

  it("tells a manual lab as what it is, with the election that it is to have", async () => {
    const live = await aLiveLab("bare-ha");
    const { lab } = result({ live, scenario: scenarioFor(live) });
    expect(lab).toMatchObject({ name: "bare-ha", setup: "manual", control: "keepalived", instance: "VI_1" });
    expect(lab.servers.map(({ priority }) => priority)).toEqual([100, undefined, undefined, 50]);
  });

  it("names the capture as it lies beside the result, and tells of advertisements what is of use", () => {
    const { series } = result();
    expect(series.capture).toEqual({ file: "capture.pcap", packets: 7, dropped: 0, clockErrorMs: 0.2 });
    expect(series.adverts).toHaveLength(2);
    expect(series.adverts[0]).not.toHaveProperty("ipId");
    expect(series.vrrpStates[0]).toMatchObject({ server: "server1", state: "MASTER", from: 0 });
  });

  it("without load has no requests, and no outage", () => {
    const { load, windows: cut, series, passed } = result({ asked: null });
    expect(passed).toBe(true);
    expect(load.counts).toMatchObject({ total: 0, failed: 0 });
    expect(cut.map(({ outage }) => outage.longest)).toEqual([null, null, null]);
    expect([series.requests.due, series.arp, series.connections]).toEqual([[], [], []]);
  });

  it("is JSON as it is, of an ipvsadm lab too, whose director has no priority", () => {
    const ofDr = result({ live: dr, scenario: scenarioFor(dr), windows: windows.slice(0, 1) });
    expect(JSON.parse(JSON.stringify(ofDr))).toEqual(ofDr);
    expect(ofDr.lab).toMatchObject({ control: "ipvsadm", instance: null });
    for (const server of ofDr.lab.servers) expect(server).not.toHaveProperty("priority");
  });
});
