import { beforeEach, describe, expect, it } from "vitest";
import { type Lab, readLab } from "../../../../lab/index.ts";
import {
  type Check,
  type CheckResult,
  labelOf,
  runCheck,
  runChecks,
  type Seen,
  selectChecks,
} from "../../../../verify/checks/check.ts";
import {
  clientOfEachService,
  eachDirector,
  eachDirectorOfVip,
  eachMember,
  eachRealServer,
  oncePerVip,
} from "../../../../verify/checks/subjects.ts";
import { InterruptedError } from "../../../../verify/live/interruptible.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { aLiveLab } from "../a-live-lab.ts";
import { withTwoInstances, withTwoServices } from "../other-labs.ts";

let live: LiveLab;
let looked: string[];
beforeEach(async () => {
  live = await aLiveLab("dr");
  looked = [];
});

const client = { host: "client" };
const on = (...hosts: string[]) => hosts.map((host) => ({ host }));
const underKeepalived: Check["appliesTo"] = ({ control }) => control === "keepalived";

/** A check that notes each look, and passes unless told otherwise. */
const aCheck = (id: string, { look, ...rest }: Partial<Omit<Check, "look">> & { look?: () => Promise<Seen> } = {}) =>
  ({
    id,
    title: `title of ${id}`,
    role: "client",
    proves: `what ${id} proves`,
    byHand: () => [`see ${id}`],
    hint: (_lab, { host }) => `mend ${id} on ${host}`,
    appliesTo: () => true,
    subjects: () => [client],
    expected: (lab, { host }) => `${lab.name}: as it should be on ${host}`,
    look: async (_view, { host }) => {
      looked.push(`${id} ${host}`);
      return look ? await look() : { passed: true, seen: "as it should be", started: true };
    },
    ...rest,
  }) satisfies Check as Check;

const failing = async (): Promise<Seen> => ({ passed: false, seen: "broken", started: true });
const ids = (results: CheckResult[]) => results.map(({ id, subject }) => `${id} ${subject}`);

describe("runChecks", () => {
  it("runs what applies to the lab, on each of its subjects, and gives the results in the checks' order", async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { passed: true, seen: "late", started: true };
    };
    const checks = [
      aCheck("slow", { look: slow, subjects: (lab) => on(...lab.servers.map(({ name }) => name)) }),
      aCheck("other-lab", { appliesTo: underKeepalived }),
      aCheck("quick"),
    ];
    const told: string[] = [];
    const results = await runChecks(live, checks, { onResult: ({ id }) => told.push(id) });
    expect(ids(results)).toEqual(["slow server1", "slow server2", "slow server3", "quick client"]);
    // Side by side: what is ready first is told first.
    expect(told).toEqual(["quick", "slow", "slow", "slow"]);
  });

  it("says what was expected beside what was seen", async () => {
    const [result] = await runChecks(live, [aCheck("page", { look: failing })]);
    expect(result).toMatchObject({
      id: "page",
      title: "title of page",
      subject: "client",
      host: "client",
      passed: false,
      expected: "dr: as it should be on client",
      seen: "broken",
      started: true,
      hint: "mend page on client",
      byHand: ["see page"],
      evidence: [],
    });
    expect(result?.ms).toBeTypeOf("number");
  });

  it("breaks nothing unless asked to", async () => {
    expect(ids(await runChecks(live, [aCheck("fault", { faulty: true }), aCheck("steady")]))).toEqual([
      "steady client",
    ]);
  });

  it("runs the faults one after another, when the steady ones have passed", async () => {
    let inside = 0;
    const alone = async () => {
      inside++;
      const seen = { passed: inside === 1, seen: `${inside} at once`, started: true };
      await new Promise((resolve) => setTimeout(resolve, 10));
      inside--;
      return seen;
    };
    const checks = [
      aCheck("fault-1", { faulty: true, look: alone }),
      aCheck("steady"),
      aCheck("fault-2", { faulty: true, look: alone, subjects: () => on("server2", "server3") }),
    ];
    const results = await runChecks(live, checks, { faults: true });
    expect(ids(results)).toEqual(["steady client", "fault-1 client", "fault-2 server2", "fault-2 server3"]);
    expect(looked).toEqual(ids(results));
    expect(results.every(({ passed }) => passed)).toBe(true);
  });

  it("breaks nothing in a lab that is not whole, and nothing more after a fault that it did not stand", async () => {
    const fault = aCheck("fault", { faulty: true });
    await runChecks(live, [fault, aCheck("steady", { look: failing })], { faults: true });
    expect(looked).toEqual(["steady client"]);
    looked = [];
    await runChecks(live, [aCheck("bad-fault", { faulty: true, look: failing }), fault], { faults: true });
    expect(looked).toEqual(["bad-fault client"]);
  });

  it("reboots nothing unless asked to, and then every server: what one has lost is no reason to leave out the next", async () => {
    const checks = [
      aCheck("boot", { faulty: true, reboots: true, look: failing, subjects: () => on("server1", "server2") }),
      aCheck("fault", { faulty: true }),
    ];
    expect(ids(await runChecks(live, checks, { faults: true }))).toEqual(["fault client"]);
    expect(ids(await runChecks(live, checks, { reboots: true }))).toEqual(["boot server1", "boot server2"]);
    expect(ids(await runChecks(live, [aCheck("steady", { look: failing }), ...checks], { reboots: true }))).toEqual([
      "steady client",
    ]);
  });

  it("does not go on after a signal: it is no finding of a check", async () => {
    const interrupted = async () => {
      throw new InterruptedError("SIGINT");
    };
    const checks = [aCheck("fault", { faulty: true, look: interrupted }), aCheck("other", { faulty: true })];
    await expect(runChecks(live, checks, { faults: true })).rejects.toThrow(InterruptedError);
    expect(looked).not.toContain("other client");
  });

  it("runs only what is asked for, a fault among it", async () => {
    const checks = [aCheck("one"), aCheck("two"), aCheck("fault", { faulty: true }), aCheck("other", { faulty: true })];
    expect(ids(await runChecks(live, checks, { only: ["fault", "two"] }))).toEqual(["two client", "fault client"]);
  });
});

describe("a subject", () => {
  const two = async (...[vip]: [Parameters<typeof withTwoServices>[1]?]) => {
    live = { ...live, lab: withTwoServices(live.lab, vip) };
    return live.lab;
  };
  const labels = (lab: Lab, check: Check) => check.subjects(lab).map((subject) => labelOf(lab, check, subject));

  it("is called by its host where the check has one there", () => {
    expect(labels(live.lab, aCheck("on-servers", { subjects: eachRealServer }))).toEqual(["server2", "server3"]);
    expect(labels(live.lab, aCheck("on-the-client", { subjects: clientOfEachService }))).toEqual(["client"]);
  });

  it("is called by its host and service where the check has several there", async () => {
    const lab = await two();
    expect(labels(lab, aCheck("on-servers", { subjects: eachRealServer }))).toEqual([
      "server2 172.25.254.100:80",
      "server2 shop",
      "server3 172.25.254.100:80",
      "server3 shop",
    ]);
    expect(labels(lab, aCheck("on-the-client", { subjects: clientOfEachService }))).toEqual([
      "client 172.25.254.100:80",
      "client shop",
    ]);
    expect(labels(lab, aCheck("of-the-host", { subjects: eachDirector }))).toEqual(["server1"]);
  });

  it("is called by its host and service there alone", async () => {
    const lab = await two();
    const [first, second] = lab.services;
    if (!first || !second) throw new Error("a service is missing");
    const only = { ...lab, services: [first, { ...second, realServers: second.realServers.slice(1) }] };
    expect(labels(only, aCheck("on-servers", { subjects: eachRealServer }))).toEqual([
      "server2",
      "server3 172.25.254.100:80",
      "server3 shop",
    ]);
  });

  it("is one where two services have one VIP, for what is about the address", async () => {
    const lab = await two(live.lab.services[0]?.vip);
    const check = aCheck("of-the-vip", { subjects: (of) => oncePerVip(eachRealServer(of)) });
    expect(labels(lab, check)).toEqual(["server2", "server3"]);
    expect(labels(lab, aCheck("of-the-vip", { subjects: eachDirectorOfVip }))).toEqual(["server1"]);
    expect(labels(withTwoServices(lab), aCheck("of-the-vip", { subjects: eachDirectorOfVip }))).toEqual([
      "server1 172.25.254.100:80",
      "server1 shop",
    ]);
  });

  it("is called by its host and VRRP instance where the check has several there", async () => {
    const { lab } = await aLiveLab("ha");
    const check = aCheck("of-the-instance", { subjects: eachMember });
    expect(labels(lab, check)).toEqual(["server1", "server4"]);
    expect(labels(withTwoInstances(lab), check)).toEqual([
      "server1 VI_1",
      "server4 VI_1",
      "server1 VI_2",
      "server4 VI_2",
    ]);
  });

  it("is in the result with its host, service and instance", async () => {
    await two();
    expect(
      await runChecks(live, [aCheck("on-servers", { subjects: eachRealServer })], { hosts: ["server3"] }),
    ).toMatchObject([
      { subject: "server3 172.25.254.100:80", host: "server3", service: "172.25.254.100:80" },
      { subject: "server3 shop", host: "server3", service: "shop" },
    ]);
    const ha = await aLiveLab("ha");
    const results = await runChecks({ ...ha, lab: withTwoInstances(ha.lab) }, [
      aCheck("of-the-instance", { subjects: eachMember }),
    ]);
    expect(results.map(({ host, instance }) => `${host} ${instance}`)).toEqual([
      "server1 VI_1",
      "server4 VI_1",
      "server1 VI_2",
      "server4 VI_2",
    ]);
    for (const result of results) expect(result).not.toHaveProperty("service");
  });

  it("that is a host alone has neither service nor instance in its result", async () => {
    const [result] = await runChecks(live, [aCheck("of-the-host", { subjects: eachDirector })]);
    expect(result).toMatchObject({ subject: "server1", host: "server1" });
    expect(Object.keys(result ?? {})).not.toContain("service");
    expect(Object.keys(result ?? {})).not.toContain("instance");
  });
});

describe("selectChecks", () => {
  const checks = [
    aCheck("one", { role: "director", subjects: () => on("server1", "server4") }),
    aCheck("two", { role: "real-server", subjects: () => on("server2", "server3") }),
    aCheck("three"),
    aCheck("keepalived-only", { appliesTo: underKeepalived }),
  ];
  const selected = (selection: Parameters<typeof selectChecks>[2]) =>
    selectChecks(live.lab, checks, selection).map(({ check, subject }) => `${check.id} ${subject.host}`);

  it.each([
    ["everything that fits", {}, ["one server1", "one server4", "two server2", "two server3", "three client"]],
    ["ids", { only: ["three", "one"] }, ["one server1", "one server4", "three client"]],
    ["roles", { roles: ["real-server", "client"] }, ["two server2", "two server3", "three client"]],
    ["hosts", { hosts: ["server4", "client"] }, ["one server4", "three client"]],
    ["all of them at once", { only: ["one", "two"], roles: ["director"], hosts: ["server1"] }, ["one server1"]],
    ["nothing", { roles: ["client"], hosts: ["server1"] }, []],
  ])("selects %s", (_what, selection, expected) => {
    expect(selected(selection)).toEqual(expected);
  });

  it("takes a manual lab for what it is to become", async () => {
    live = { ...live, lab: await readLab("labs/bare-ha.yaml") };
    expect(selected({})).toContain("keepalived-only client");
  });
});

describe("runCheck", () => {
  it("looks again until it passes, within the time to settle, and keeps the last look's evidence", async () => {
    let looks = 0;
    const check = aCheck("settling", { settles: 5 });
    const result = await runCheck(
      live,
      {
        ...check,
        look: async (view) => {
          looks++;
          view.evidence.push({ where: "client", command: `look ${looks}`, output: "", status: 0 });
          return { passed: looks === 3, seen: `look ${looks}`, started: true };
        },
      },
      client,
    );
    expect(result).toMatchObject({ passed: true, seen: "look 3", evidence: [{ command: "look 3" }] });
    expect(result.ms).toBeLessThan(3000);
  });

  it("gives up when the time to settle is over", async () => {
    const result = await runCheck(live, aCheck("never", { settles: 0.3, look: failing }), client);
    expect(result).toMatchObject({ passed: false, seen: "broken", started: true });
    expect(looked.length).toBeGreaterThan(1);
    expect(result.ms).toBeLessThan(2000);
  });

  it("does not wait for what has not been begun, where it is told to wait only for the rest", async () => {
    const nothing = async (): Promise<Seen> => ({ passed: false, seen: "nothing", started: false });
    await runCheck(live, aCheck("never", { settles: 5, look: nothing }), client, { patience: "started" });
    expect(looked).toHaveLength(1);
    await runCheck(live, aCheck("wrong", { settles: 0.3, look: failing }), client, { patience: "started" });
    expect(looked.length).toBeGreaterThan(2);
  });

  it("looks once where it is told to, whatever has to settle", async () => {
    await runCheck(live, aCheck("never", { settles: 5, look: failing }), client, { patience: "none" });
    expect(looked).toHaveLength(1);
  });

  it("gives a hint of the look's own before the check's, and none where all is well", async () => {
    const look = async (): Promise<Seen> => ({ ...(await failing()), hint: "mend just that" });
    expect(await runCheck(live, aCheck("special", { look }), client)).toMatchObject({ hint: "mend just that" });
    expect(await runCheck(live, aCheck("well"), client)).not.toHaveProperty("hint");
  });

  it("looks once where nothing has to settle", async () => {
    await runCheck(live, aCheck("steady", { look: failing }), client);
    expect(looked).toHaveLength(1);
  });

  it("takes an error for a failed check that says why", async () => {
    const look = async (): Promise<Seen> => {
      throw new Error("server2 did not accept an SSH login");
    };
    expect(await runCheck(live, aCheck("unreachable", { look }), client)).toMatchObject({
      passed: false,
      seen: "server2 did not accept an SSH login",
      started: true, // what cannot be seen is not nothing
      hint: expect.stringContaining("could not be checked"),
    });
  });
});
