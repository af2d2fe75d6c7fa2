import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { TrackProcess, TrackScript, VrrpInstance } from "../../../../lab/index.ts";
import { tracking } from "../../../../verify/checks/tracking.ts";
import { Ledger } from "../../../../verify/faults/ledger.ts";
import { aLiveLab, RecordedView } from "../a-live-lab.ts";
import { dataOf } from "../keepalived-data.ts";
import { withInstance } from "../other-labs.ts";
import { addresses, subjectOn, vip } from "./seeing.ts";

const live = await aLiveLab("tracking");
const state = await mkdtemp(join(tmpdir(), "lvs-lab-tracking-"));
afterAll(() => rm(state, { recursive: true }));

/** What is tracked, with times so short that a test need not wait. */
const script = (weight: number): TrackScript => ({
  ...{ name: "maintenance", command: ["/usr/bin/test", "!", "-e", "/etc/keepalived/maintenance"] },
  ...{ interval: 0.1, timeout: 0.1, fall: 1, rise: 1, weight },
});
const process: TrackProcess = { name: "smtpd", process: "smtpd", weight: 0, quorum: 1, delay: 0 };

/** Names of servers whose tracked object fails, by kind. */
type Broken = Readonly<Record<"script" | "process", ReadonlySet<string>>>;

/** How two directors of priority 100 and 50 behave. Default: as keepalived does. */
interface Behaviour {
  readonly holder?: (broken: Broken, before: string) => string;
  /** The priority that server1 says it has. */
  readonly priority?: (broken: Broken) => number;
}

const failsOn = ({ script, process }: Broken, server: string): boolean => script.has(server) || process.has(server);
const elected = (broken: Broken): string => (failsOn(broken, "server1") ? "server4" : "server1");

/** What the check sees of such directors, what it does to them in order, and the faults that it leaves. */
async function tried(change: Partial<VrrpInstance>, { holder = elected, priority = () => 100 }: Behaviour = {}) {
  const directory = await mkdtemp(join(state, "lab-"));
  const fast = { version: 3 as const, advertInterval: 0.1, trackScripts: undefined, trackProcesses: undefined };
  const lab = withInstance(live.lab, { ...fast, ...change } as Partial<VrrpInstance>);
  const broken = { script: new Set<string>(), process: new Set<string>() };
  const done: string[] = [];
  let holds = "server1";
  const act = (kind: keyof Broken, where: string, breaks: boolean): string => {
    if (breaks) broken[kind].add(where);
    else broken[kind].delete(where);
    done.push(`${where}: ${kind} ${breaks ? "fails" : "is well"}`);
    holds = holder(broken, holds);
    return "";
  };
  const view = new RecordedView({ ...live, lab, host: { kind: "private", directory } }, (where, command) => {
    // No fault has left a note.
    if (command.startsWith("cat ")) return { output: "", status: 1 };
    if (command.includes("mount --bind")) return act("script", where, true);
    if (command.includes("umount")) return act("script", where, false);
    if (command.includes("systemctl stop")) return act("process", where, true);
    if (command.includes("systemctl start")) return act("process", where, false);
    if (command.startsWith("ip ")) return addresses(...(holds.split(" ").includes(where) ? [vip(32)] : []));
    return dataOf({ effectivePriority: priority(broken) });
  });
  const seen = await tracking.look(view, subjectOn(tracking, lab, "server1"));
  return { ...seen, done, left: await new Ledger(view.live).list() };
}

const onServer1 = (kind: keyof Broken) => [`server1: ${kind} fails`, `server1: ${kind} is well`];

describe.concurrent("tracking passes where", () => {
  it("each failure moves the VIP, and its end brings it back", async () => {
    const found = await tried({ trackScripts: [script(-60)], trackProcesses: [process] });
    const moves = String.raw`server4 holds the VIP after \d\.\d s, and server1 again after \d\.\d s`;
    expect(found).toMatchObject({ passed: true, left: [] });
    expect(found.seen).toMatch(new RegExp(`^script maintenance: ${moves}; process smtpd: ${moves}$`));
    expect(found.done).toEqual([...onServer1("script"), ...onServer1("process")]);
  });

  it("a weight that is too small lowers the priority and no more", async () => {
    const found = await tried(
      { trackScripts: [script(-10)] },
      { holder: () => "server1", priority: ({ script }) => (script.has("server1") ? 90 : 100) },
    );
    expect(found).toMatchObject({
      ...{ passed: true, left: [], done: onServer1("script") },
      seen: "script maintenance: priority 90, and server1 holds the VIP",
    });
  });

  it("nobody preempts, and the VIP returns once the same fails on the other side", async () => {
    // A director keeps what it has until it is unfit itself.
    const holder = (broken: Broken, before: string) =>
      failsOn(broken, before) ? (before === "server1" ? "server4" : "server1") : before;
    const found = await tried({ preempt: false, trackProcesses: [process] }, { holder });
    expect(found).toMatchObject({ passed: true, left: [] });
    expect(found.seen).toMatch(/^process smtpd: server4 holds the VIP after .* keeps it until the same fails there$/);
    expect(found.done).toEqual([...onServer1("process"), "server4: process fails", "server4: process is well"]);
  });
});

describe.concurrent("tracking fails, and heals what it has broken, where", () => {
  it.each<[string, Partial<VrrpInstance>, Behaviour, RegExp]>([
    [
      "the VIP stays",
      { trackScripts: [script(-60)] },
      { holder: () => "server1" },
      /^NOT script maintenance: server1 holds the VIP, and not server4$/,
    ],
    [
      "both hold it",
      { trackScripts: [script(-60)] },
      { holder: (broken) => (failsOn(broken, "server1") ? "server1 server4" : "server1") },
      /^NOT script maintenance: server1 and server4 hold the VIP, and not server4$/,
    ],
    [
      "the VIP does not come back",
      { trackScripts: [script(-60)] },
      { holder: () => "server4" },
      /^NOT script maintenance: server4 holds the VIP after .* server1 does not take it back$/,
    ],
    [
      "the priority does not fall",
      { trackScripts: [script(-10)] },
      { holder: () => "server1" },
      /^NOT script maintenance: its priority is 100, and server1 holds the VIP$/,
    ],
    [
      "the VIP moves by a weight that is too small",
      { trackScripts: [script(-10)] },
      { priority: ({ script }) => (script.has("server1") ? 90 : 100) },
      /^NOT script maintenance: priority 90, and server4 holds the VIP$/,
    ],
    [
      "one of two does not count",
      { trackScripts: [script(-60)], trackProcesses: [process] },
      { holder: ({ script }) => (script.has("server1") ? "server4" : "server1") },
      /^script maintenance: server4 holds .*; NOT process smtpd: server1 holds the VIP, and not server4$/,
    ],
  ])("%s", { timeout: 20_000 }, async (_what, change, behaviour, seen) => {
    const found = await tried(change, behaviour);
    expect(found).toMatchObject({ passed: false, started: true, left: [] });
    expect(found.seen).toMatch(seen);
    expect(found.done.filter((line) => line.endsWith("fails"))).toHaveLength(found.done.length / 2);
  });
});

it("tracking says beforehand what is to follow, by the lab's times", () => {
  const expected = tracking.expected(live.lab, subjectOn(tracking, live.lab, "server1"));
  expect(expected).toMatch(
    /^script maintenance: priority 40, server4 takes over within \d+\.\d s, and server1 takes the VIP back within \d+\.\d s; process smtpd: FAULT, server4 takes over within 2\.8 s, and /,
  );
  const [first] = live.lab.vrrp;
  const small = withInstance(live.lab, { trackScripts: [script(-10)], trackProcesses: [], preempt: first?.preempt });
  expect(tracking.expected(small, subjectOn(tracking, small, "server1"))).toBe(
    "script maintenance: priority 90, and server1 stays master",
  );
});
