import { describe, expect, it } from "vitest";
import { aFailover, endedAfter, reported } from "./a-failover.ts";

const mac = { server1: "52:54:00:fe:fe:0b", server4: "52:54:00:fe:fe:0e" };

/** The run with another outage in the window of the fault. */
const withOutage = (change: { elsewhere?: number }) =>
  aFailover({
    windows: aFailover().windows.map((window) =>
      window.step === 3 ? { ...window, outage: { ...window.outage, ...change } } : window,
    ),
  });

describe("a failover's report", () => {
  const report = reported();

  it("sets the outage beside what VRRP promises", () => {
    expect(Math.round(report.crash?.promise?.maximumMs ?? 0)).toBe(3805);
    expect(report.crash?.outage.longest?.ms).toBeGreaterThan(3600);
    expect(report.failback?.outage.longest?.ms).toBeLessThan(1000);
    expect(report.failback).not.toHaveProperty("promise");
  });

  it("tells who had the VIP, and whom the client's ARP entry named, before and after", () => {
    expect(report.crash).toMatchObject({
      holder: { before: "server1", after: "server4" },
      arp: { before: mac.server1, after: mac.server4, movedMs: 9192.2 - 5412 },
    });
    expect(report.failback).toMatchObject({
      holder: { before: "server4", after: "server1" },
      arp: { before: mac.server4, after: mac.server1, movedMs: 24_113.1 - 14_411 },
    });
  });

  it("names the roles, and what the wire shows", () => {
    expect(report.master).toMatchObject({ name: "server1", priority: 100 });
    expect(report.standby).toMatchObject({ name: "server4", priority: 50 });
    expect(report.diagnoses.map(({ id }) => id)).toEqual(["master-crash", "preemption"]);
    expect(report.preempts).toBe(true);
    expect(reported(aFailover(), { preempt: false }).preempts).toBe(false);
  });

  it("draws the outage, from a second before it to a second after", () => {
    const { strip, outage } = report.crash ?? {};
    expect(strip).toMatch(/^█{9,10}\S?▁{30,}.*█{9,10}$/);
    expect(strip).toHaveLength(Math.ceil(((outage?.longest?.ms ?? 0) + 2000) / 100));
  });

  it("has a finding for everything that was expected, and one for what was lost beside the outage", () => {
    expect(report.findings.map(({ title }) => title)).toEqual([
      ...aFailover().steps.flatMap(({ kind, title }) => (kind === "expect" ? [title] : [])),
      "every request besides is served",
    ]);
    expect(reported(withOutage({ elsewhere: 0 }))).toMatchObject({ passed: true });
  });

  it("survives JSON", () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe("a failover has not passed", () => {
  const wrong = (...given: Parameters<typeof reported>) => {
    const { passed, findings } = reported(...given);
    return { passed, wrong: findings.filter(({ ok }) => !ok).map(({ title }) => title) };
  };

  it("if requests were lost beside the outage", () => {
    expect(wrong(withOutage({ elsewhere: 2 }))).toEqual({ passed: false, wrong: ["every request besides is served"] });
  });

  it("if a step was not as it should be, whatever it is", () => {
    const { steps } = aFailover();
    const failing = (n: number) => steps.map((step) => (step.n === n ? { ...step, ok: false } : step));
    expect(wrong({ ...withOutage({ elsewhere: 0 }), steps: failing(5), passed: false }).wrong).toEqual([
      "the outage is 2805 to 3805 ms, and up to 500 ms more",
    ]);
    expect(wrong({ ...withOutage({ elsewhere: 0 }), steps: failing(7), passed: false }).wrong).toEqual([
      "power on server1",
    ]);
  });

  it("if the standby did not take over: then there is no failback to tell of", () => {
    const report = reported(endedAfter(4, { ok: false, seen: "on the wire the master is nobody" }));
    expect(report).toMatchObject({ passed: false, failback: null, crash: { holder: { before: "server1" } } });
    expect(report.findings.at(1)).toMatchObject({ ok: false, seen: "on the wire the master is nobody" });
  });

  it("if the lab was not fit to be broken: then nothing was", () => {
    expect(reported(endedAfter(1, { ok: false, seen: "none has ended yet" }))).toMatchObject({
      passed: false,
      crash: null,
      failback: null,
      findings: [{ ok: false, seen: "none has ended yet" }],
    });
  });

  it("if it was interrupted, and says by what", () => {
    const run = { ...endedAfter(3), interrupted: "SIGINT" };
    expect(reported(run)).toMatchObject({ passed: false, interrupted: "SIGINT" });
    expect(reported()).not.toHaveProperty("interrupted");
  });
});
