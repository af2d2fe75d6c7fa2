import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { type Ip, toIp } from "../../../lab/index.ts";
import { directorOf } from "../../../rehearse/directors/director.ts";
import { readFolder } from "../../../rehearse/folder.ts";
import { missingDevices, nextOf, withStandInsOf } from "../../../rehearse/plan/extend.ts";
import { inferPlan } from "../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../rehearse/plan/lab.ts";
import { standInsOf } from "../../../rehearse/plan/stand-ins.ts";
import { electedHolders, movingAddresses, rollOutOrder } from "../../../rehearse/reload/holders.ts";
import { formatReload, type Held, reloadRows } from "../../../rehearse/reload/row.ts";
import { reloadStep } from "../../../rehearse/reload/scenario.ts";
import type { RunResult, StepResult } from "../../../verify/report/result.ts";
import { aRun } from "../verify/report/a-run.ts";
import { aFolder, instance, pathOf, service } from "./a-folder.ts";

const vip = "192.0.2.100" as Ip;

const pairOf = (one: string, other: string) => ({ "lb1.conf": one, "lb2.conf": other });
const held = (priority: number, id = 51, further = "") => instance([`${vip}/24`], { priority, id, further });

describe("the plan of what replaces a folder", () => {
  const old = pairOf(
    held(150) + service(`${vip} 80`, ["192.0.2.21 80"]),
    held(100) + service(`${vip} 80`, ["192.0.2.21 80"]),
  );

  it("has the stand-ins of both, each address once, under names of their own", async () => {
    const { folder, directors } = aFolder(old);
    const { plan } = inferPlan(folder, directors);
    const path = pathOf(
      pairOf(
        held(150) + service(`${vip} 80`, ["192.0.2.22 80", "192.0.2.21 80"]),
        held(100) + service(`${vip} 80`, ["192.0.2.22 80", "192.0.2.21 80"]),
      ),
    );
    const next = await nextOf(path, plan);
    expect(next.plan.standIns.map(({ name, addresses }) => [name, addresses])).toEqual([
      ["real1", ["192.0.2.21"]],
      ["real1-new", ["192.0.2.22"]],
    ]);
    expect(next.plan.networks).toEqual(plan.networks);
  });

  it("answers what either asks, each with the scripts of its own folder", async () => {
    const check = (path: string, script: string) => ({
      ...pairOf(
        held(150) +
          service(`${vip} 80`, [`192.0.2.21 80 {\nHTTP_GET {\nurl {\npath ${path}\nstatus_code 404\n}\n}\n}`]),
        `${held(100)}vrrp_script ask {\nscript "/etc/keepalived/ask.sh"\n}\n`,
      ),
      "ask.sh": script,
    });
    const { folder, directors } = aFolder(check("/old", "nc -z 192.0.2.21 81\n"));
    const next = await nextOf(pathOf(check("/new", "nc -z 192.0.2.21 82\n")), inferPlan(folder, directors).plan);
    const [real1] = standInsOf(next.plan, { folder, directors }, next);
    expect(real1?.listeners.map(({ port, answers }) => [port, answers.map(({ path }) => path)])).toEqual([
      [80, ["/old", "/new"]],
      [81, []],
      [82, []],
    ]);
  });

  it("takes those of a rehearsal.yaml that is there", async () => {
    const { folder, directors } = aFolder(old);
    const { plan } = inferPlan(folder, directors);
    const path = pathOf(old);
    mkdirSync(path, { recursive: true });
    writeFileSync(
      join(path, "rehearsal.yaml"),
      `networks:
  - { name: net1, subnets: [192.0.2.0/24] }
directors:
  - { name: lb1, interfaces: [{ device: eth0, network: net1, addresses: [192.0.2.11] }] }
  - { name: lb2, interfaces: [{ device: eth0, network: net1, addresses: [192.0.2.12] }] }
client: { network: net1, addresses: [192.0.2.250] }
standIns:
  - { name: dns, network: net1, addresses: [192.0.2.53] }
`,
    );
    expect((await nextOf(path, plan)).plan.standIns.map(({ name }) => name)).toEqual(["real1", "dns"]);
  });

  it("leaves out what is in no network of it", () => {
    const { folder, directors } = aFolder(old);
    const { plan } = inferPlan(folder, directors);
    const far = { name: "far", network: "x", addresses: [toIp("203.0.113.1")], gateways: [], pages: {} };
    expect(withStandInsOf(plan, { standIns: [far] }).standIns.map(({ name }) => name)).toEqual(["real1"]);
  });

  it("lacks an interface that the new files name", () => {
    const { folder, directors } = aFolder(old);
    const { plan } = inferPlan(folder, directors);
    expect(missingDevices(plan, directors)).toEqual([]);
    const moved = aFolder({ "lb1.conf": instance([`${vip}/24`], { device: "ens192" }), "lb2.conf": held(100) });
    expect(missingDevices(plan, moved.directors)).toEqual(["lb1: ens192"]);
  });
});

describe("who ought to hold an address", () => {
  const electedBy = (one: string, other: string, before: readonly string[]) => {
    const { folder, directors } = aFolder(pairOf(one, other));
    return electedHolders(inferPlan(folder, directors).plan, directors, vip, before);
  };

  it("is the highest priority", () => {
    expect(electedBy(held(150), held(100), ["lb1"])).toEqual(["lb1"]);
    expect(electedBy(held(150), held(200), ["lb1"])).toEqual(["lb2"]);
  });

  it("is whoever held it, without preemption", () => {
    const stays = "state BACKUP\nnopreempt";
    expect(electedBy(held(150, 51, stays), held(200, 51, stays), ["lb1"])).toEqual(["lb1"]);
    expect(electedBy(held(150, 51, stays), held(200, 51, stays), [])).toEqual(["lb2"]);
    // What counts is whether the better one preempts.
    expect(electedBy(held(150), held(200, 51, stays), ["lb1"])).toEqual(["lb1"]);
    expect(electedBy(held(150, 51, stays), held(200), ["lb1"])).toEqual(["lb2"]);
  });

  it("is one in each virtual router that has the address", () => {
    expect(electedBy(held(150, 51), held(100, 52), ["lb1"])).toEqual(["lb1", "lb2"]);
  });
});

test("who holds nothing comes first; addresses that several directors may hold are looked at", () => {
  const { folder, directors } = aFolder(pairOf(held(150), held(100)));
  const lab = labOfPlan("x", inferPlan(folder, directors).plan, { folder, directors });
  expect(rollOutOrder(lab, new Map([[vip, ["lb1"]]]))).toEqual(["lb2", "lb1"]);
  expect(rollOutOrder(lab, new Map([[vip, []]]))).toEqual(["lb1", "lb2"]);
  expect(movingAddresses([lab, lab])).toEqual([vip]);
  const alone = aFolder({ "lb1.conf": held(100) });
  expect(movingAddresses([labOfPlan("x", inferPlan(alone.folder, alone.directors).plan, alone)])).toEqual([]);
  expect(readFolder(folder.path).configurations.map((one) => directorOf(one).name)).toEqual(["lb1", "lb2"]);
});

describe("the rows of a run", () => {
  const order = ["lb2", "lb1"];
  const at = (n: number, more: Partial<StepResult>): StepResult => ({
    ...{ n, kind: "expect", title: `step ${n}`, from: n * 1000, to: n * 1000 + 900, ok: true, evidence: [] },
    ...more,
  });
  const steps = [
    at(1, {}),
    ...order.flatMap((_, place) => {
      const n = reloadStep(place);
      return [at(n, { kind: "change" }), at(n + 1, {}), at(n + 2, {}), at(n + 3, {}), at(n + 4, {})];
    }),
  ];
  const run = aRun();
  const whole = {
    longest: null,
    slowestConnectMs: 3,
    counts: { ...run.windows[0]?.outage.counts, failed: 0 },
  } as unknown as RunResult["windows"][number]["outage"];
  const windows = order.map((_, place) => ({
    ...{ step: reloadStep(place), title: "", perServer: {}, outage: whole },
    ...{ from: reloadStep(place) * 1000, to: reloadStep(place) * 1000 + 5000 },
  }));
  const connection = (id: number, more: object = {}) => ({
    ...{ id, opened: 100, closed: null, server: "real1", answers: [] },
    ...more,
  });
  const result = {
    ...run,
    steps,
    windows,
    series: { ...run.series, connections: [connection(1), connection(2)] },
  } as RunResult;
  const stays: Held = { address: vip, before: ["lb1"], after: ["lb1"], elected: ["lb1"] };
  const around = new Map(order.map((name) => [name, [stays]] as const));

  it("are one for each director, in the order of the roll-out", () => {
    const rows = reloadRows(result, order, around);
    expect(rows.map(({ director, passed, lost, broken, open }) => [director, passed, lost, broken, open])).toEqual([
      ["lb2", true, 0, 0, 2],
      ["lb1", true, 0, 0, 2],
    ]);
    expect(formatReload(rows)).toBe(
      [
        "   reloaded  outage  lost  connections broken  addresses",
        "✓  lb2       none    0     0 of 2              192.0.2.100 lb1",
        "✓  lb1       none    0     0 of 2              192.0.2.100 lb1",
      ].join("\n"),
    );
  });

  it("tell what was lost, broke and moved, and where; a budget allows some", () => {
    const from = windows[1]?.from ?? 0;
    const worse = {
      ...result,
      windows: windows.with(1, {
        ...(windows[1] as (typeof windows)[number]),
        outage: {
          ...whole,
          longest: { from, to: from + 180, ms: 180, errorMs: 20 },
          counts: { ...whole.counts, failed: 9 },
        } as typeof whole,
      }),
      series: {
        ...result.series,
        connections: [
          connection(1, { closed: from + 50, error: "ECONNRESET" }),
          connection(2, { closed: from + 60 }),
          connection(3, { opened: from + 1, closed: from + 90, error: "ECONNRESET" }),
        ],
      },
    } as RunResult;
    const moves = new Map([...around, ["lb1", [{ ...stays, after: ["lb1", "lb2"] }]]]);
    const [first, second] = reloadRows(worse, order, moves);
    expect(first?.passed).toBe(true);
    expect(second).toMatchObject({ passed: false, lost: 9, outageMs: 180, broken: 1, open: 1 });
    expect(second?.failures).toEqual([
      "failed requests: 9",
      "an outage of 180 ms",
      "1 of 1 open connections broke",
      "192.0.2.100 is held by lb1 and lb2; by the files' priorities by lb1",
    ]);
    expect(formatReload([first, second].flatMap((row) => row ?? []))).toContain("192.0.2.100 lb1 → lb1 and lb2");
    expect(reloadRows(worse, order, around, { lost: 9, outageMs: 200 })[1]?.failures).toEqual([
      "1 of 1 open connections broke",
    ]);
  });

  it("end where the roll-out ended, with the reason", () => {
    const refused = at(reloadStep(0), { kind: "change", ok: false, seen: "keepalived refuses them" });
    const rows = reloadRows(
      { ...result, steps: [...steps.slice(0, 1), refused], windows: windows.slice(0, 1) },
      order,
      around,
    );
    expect(rows.map(({ director, failures }) => [director, failures])).toEqual([["lb2", ["keepalived refuses them"]]]);
  });
});
