import { beforeEach, describe, expect, it } from "vitest";
import { readLab } from "../../../../lab/lab.ts";
import {
  type Check,
  type CheckResult,
  runCheck,
  runChecks,
  type Seen,
  selectChecks,
} from "../../../../verify/checks/check.ts";
import { InterruptedError } from "../../../../verify/live/interruptible.ts";
import type { LiveLab } from "../../../../verify/live/live-lab.ts";
import { aLiveLab } from "../a-live-lab.ts";

let live: LiveLab;
let looked: string[];
beforeEach(async () => {
  live = await aLiveLab("dr");
  looked = [];
});

/** A check that notes each look, and passes unless told otherwise. */
const aCheck = (id: string, { look, ...rest }: Partial<Omit<Check, "look">> & { look?: () => Promise<Seen> } = {}) =>
  ({
    id,
    title: `title of ${id}`,
    role: "client",
    proves: `what ${id} proves`,
    byHand: () => [`see ${id}`],
    hint: (_lab, subject) => `mend ${id} on ${subject}`,
    stages: ["dr", "ha"],
    subjects: () => ["client"],
    expected: (lab, subject) => `${lab.name}: as it should be on ${subject}`,
    look: async (_view, subject) => {
      looked.push(`${id} ${subject}`);
      return look ? await look() : { passed: true, seen: "as it should be", started: true };
    },
    ...rest,
  }) satisfies Check as Check;

const failing = async (): Promise<Seen> => ({ passed: false, seen: "broken", started: true });
const ids = (results: CheckResult[]) => results.map(({ id, subject }) => `${id} ${subject}`);

describe("runChecks", () => {
  it("runs what fits the stage, on each of its subjects, and gives the results in the checks' order", async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return { passed: true, seen: "late", started: true };
    };
    const checks = [
      aCheck("slow", { look: slow, subjects: (lab) => lab.servers.map(({ name }) => name) }),
      aCheck("other-stage", { stages: ["ha"] }),
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
      aCheck("fault-2", { faulty: true, look: alone, subjects: () => ["server2", "server3"] }),
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

describe("selectChecks", () => {
  const checks = [
    aCheck("one", { role: "director", subjects: () => ["server1", "server4"] }),
    aCheck("two", { role: "real-server", subjects: () => ["server2", "server3"] }),
    aCheck("three"),
    aCheck("ha-only", { stages: ["ha"] }),
  ];
  const selected = (selection: Parameters<typeof selectChecks>[2]) =>
    selectChecks(live.lab, checks, selection).map(({ check, subject }) => `${check.id} ${subject}`);

  it.each([
    ["everything that fits", {}, ["one server1", "one server4", "two server2", "two server3", "three client"]],
    ["ids", { only: ["three", "one"] }, ["one server1", "one server4", "three client"]],
    ["roles", { roles: ["real-server", "client"] }, ["two server2", "two server3", "three client"]],
    ["subjects", { subjects: ["server4", "client"] }, ["one server4", "three client"]],
    ["all of them at once", { only: ["one", "two"], roles: ["director"], subjects: ["server1"] }, ["one server1"]],
    ["nothing", { roles: ["client"], subjects: ["server1"] }, []],
  ])("selects %s", (_what, selection, expected) => {
    expect(selected(selection)).toEqual(expected);
  });

  it("takes a bare lab for what it is to become", async () => {
    live = { ...live, lab: await readLab("labs/bare-ha.yaml") };
    expect(selected({})).toContain("ha-only client");
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
      "client",
    );
    expect(result).toMatchObject({ passed: true, seen: "look 3", evidence: [{ command: "look 3" }] });
    expect(result.ms).toBeLessThan(3000);
  });

  it("gives up when the time to settle is over", async () => {
    const result = await runCheck(live, aCheck("never", { settles: 0.3, look: failing }), "client");
    expect(result).toMatchObject({ passed: false, seen: "broken", started: true });
    expect(looked.length).toBeGreaterThan(1);
    expect(result.ms).toBeLessThan(2000);
  });

  it("does not wait for what has not been begun, where it is told to wait only for the rest", async () => {
    const nothing = async (): Promise<Seen> => ({ passed: false, seen: "nothing", started: false });
    await runCheck(live, aCheck("never", { settles: 5, look: nothing }), "client", { patience: "started" });
    expect(looked).toHaveLength(1);
    await runCheck(live, aCheck("wrong", { settles: 0.3, look: failing }), "client", { patience: "started" });
    expect(looked.length).toBeGreaterThan(2);
  });

  it("looks once where it is told to, whatever has to settle", async () => {
    await runCheck(live, aCheck("never", { settles: 5, look: failing }), "client", { patience: "none" });
    expect(looked).toHaveLength(1);
  });

  it("gives a hint of the look's own before the check's, and none where all is well", async () => {
    const look = async (): Promise<Seen> => ({ ...(await failing()), hint: "mend just that" });
    expect(await runCheck(live, aCheck("special", { look }), "client")).toMatchObject({ hint: "mend just that" });
    expect(await runCheck(live, aCheck("well"), "client")).not.toHaveProperty("hint");
  });

  it("looks once where nothing has to settle", async () => {
    await runCheck(live, aCheck("steady", { look: failing }), "client");
    expect(looked).toHaveLength(1);
  });

  it("takes an error for a failed check that says why", async () => {
    const look = async (): Promise<Seen> => {
      throw new Error("server2 did not accept an SSH login");
    };
    expect(await runCheck(live, aCheck("unreachable", { look }), "client")).toMatchObject({
      passed: false,
      seen: "server2 did not accept an SSH login",
      started: true, // what cannot be seen is not nothing
      hint: expect.stringContaining("could not be looked at"),
    });
  });
});
