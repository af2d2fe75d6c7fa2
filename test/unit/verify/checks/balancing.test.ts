import { describe, expect, it } from "vitest";
import { type Scheduler, schedulers, toIp, type VirtualService } from "../../../../lab/index.ts";
import { balancing } from "../../../../verify/checks/balancing.ts";
import type { Seen } from "../../../../verify/checks/check.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { type Before, SimulatedDirector, SimulatedView, withWeights } from "../distribution/a-director.ts";
import { serviceOf } from "../other-labs.ts";

const live = await aLiveLab("dr");

interface Simulated {
  readonly weights?: readonly number[];
  readonly wanted: Partial<VirtualService>;
  /** What the director has; else what is wanted. */
  readonly set?: Partial<VirtualService>;
  readonly before?: Before;
  /** What happens before each connection of the client, from the first on. */
  readonly meanwhile?: (director: SimulatedDirector, connection: number) => void;
}

/** What the check sees, and how often it measured. */
async function simulated({ weights = [1, 1], wanted, set = wanted, before, meanwhile }: Simulated) {
  const lab = withWeights(live.lab, weights, wanted);
  const director = new SimulatedDirector(serviceOf(withWeights(live.lab, weights, set)), before);
  let connections = 0;
  const view = new SimulatedView({ ...live, lab }, director, () => meanwhile?.(director, connections++));
  const seen = await look(view);
  return { ...seen, connections, evidence: view.evidence, director };
}

async function look(view: RecordedView): Promise<Seen> {
  const [subject] = balancing.subjects(view.lab);
  if (!subject) throw new Error("the lab has no service");
  return await balancing.look(view, subject);
}

/** A request of somebody else every so many connections; `until`: the last connection before which there is one. */
const somebody =
  (every: number, until = Number.POSITIVE_INFINITY) =>
  (director: SimulatedDirector, connection: number) => {
    if (connection % every === 1 && connection <= until)
      director.open(toIp("172.25.254.99"), 20_000 + connection, "FIN_WAIT");
  };

describe("requests of others", () => {
  it.each<[Scheduler, readonly number[]]>([
    ["rr", [1, 1]],
    ["rr", [3, 3]],
    ["rr", [1, 5, 2]],
    ["wrr", [1, 1]],
    ["wrr", [3, 1]],
    ["wrr", [1, 2, 4]],
  ])("do not fail %s with weights %j: with theirs, turns are whole", async (scheduler, weights) => {
    const { passed, seen } = await simulated({ weights, wanted: { scheduler }, meanwhile: somebody(3) });
    expect(passed, seen).toBe(true);
    expect(seen).toMatch(/; others came between, and with theirs the shares are server2 \d+, server3 \d+/);
  });

  it.each<[Scheduler, Scheduler]>([
    ["rr", "wlc"],
    ["rr", "sh"],
    ["rr", "fo"],
    ["wrr", "rr"],
    ["wrr", "wlc"],
  ])("do not hide from the check of %s that %s is set", async (scheduler, set) => {
    const weights = scheduler === "rr" ? [1, 1] : [4, 1];
    const { passed, seen } = await simulated({
      weights,
      wanted: { scheduler },
      set: { scheduler: set },
      meanwhile: somebody(3),
    });
    expect(passed, seen).toBe(false);
  });

  it.each<Scheduler>(["lc", "wlc", "lblc", "lblcr", "sed", "nq", "ovf"])(
    "are waited for by the check of %s, which compares when there are none",
    async (scheduler) => {
      const { passed, seen, connections } = await simulated({
        weights: [2, 1],
        wanted: { scheduler },
        meanwhile: somebody(5, 20),
      });
      expect(passed, seen).toBe(true);
      expect(seen).not.toContain("not compared");
      expect(connections).toBeGreaterThan(16);
    },
  );

  it("that never end are told where loads decide, and fail nothing", async () => {
    const { passed, seen } = await simulated({
      wanted: { scheduler: "wlc" },
      set: { scheduler: "rr" },
      meanwhile: somebody(3),
    });
    expect(passed).toBe(true);
    expect(seen).toMatch(/; not compared: others came between$/);
  });

  it("are noticed when they end, too: a connection of somebody's that was active", async () => {
    const { passed, connections } = await simulated({
      wanted: { scheduler: "wlc" },
      before: { active: { server3: 1 } },
      meanwhile: (director, connection) => {
        if (connection === 3) director.close("172.25.254.99:50000");
      },
    });
    expect(passed).toBe(true);
    expect(connections).toBeGreaterThan(16);
  });

  it.each<Scheduler>(["fo", "dh", "sh", "mh"])("change nothing for %s", async (scheduler) => {
    const { passed, seen } = await simulated({ weights: [2, 1], wanted: { scheduler }, meanwhile: somebody(2) });
    expect(passed, seen).toBe(true);
    expect(seen).not.toContain("others");
  });
});

it.each(schedulers)("%s passes while the kernel forgets connections that have ended", async (scheduler) => {
  for (const weights of [
    [1, 1],
    [3, 1],
  ]) {
    const { passed, seen } = await simulated({
      weights,
      wanted: { scheduler },
      before: { inactive: { server2: 40, server3: 45 } },
      meanwhile: (director) => director.forget(2),
    });
    expect(passed, seen).toBe(true);
  }
});

describe("what is seen", () => {
  it("under rr are ten answers, and no director is asked", async () => {
    const { seen, evidence } = await simulated({ wanted: { scheduler: "rr" } });
    expect(seen).toBe(Array(5).fill("server3 server2").join(" "));
    expect(new Set(evidence.map(({ where }) => where))).toEqual(new Set(["client"]));
  });

  it("is the ten answers where they are out of turn", async () => {
    const { passed, seen } = await simulated({ wanted: { scheduler: "rr" }, set: { scheduler: "sed" } });
    expect(passed).toBe(false);
    expect(seen).toBe("server3 server3 server3 server3 server2 server2 server2 server2 server2 server2");
  });

  it("shows connections that stay open where the requests alone are in turn", async () => {
    const pages: Answer[] = ["server2\n", "server3\n"];
    let count = 0;
    const view = new RecordedView(live, (where, command) => {
      if (where !== "client") return "";
      if (command.startsWith("socat")) return "server2\n";
      return pages[count++ % 2] ?? "";
    });
    const { passed, seen } = await look(view);
    expect(passed).toBe(false);
    expect(seen).toContain("server2 server3 server2 server3 +server2 +server2");
  });

  it("has the connection that went elsewhere, where it was to go, and the counts", async () => {
    const { passed, seen, hint } = await simulated({
      wanted: { scheduler: "wlc" },
      set: { scheduler: "rr" },
      before: { inactive: { server2: 4 } },
    });
    expect(passed).toBe(false);
    expect(hint).toMatch(/^`ipvsadm -ln --nosort` .*: is it wlc\?/);
    expect(seen).toMatch(
      /; connection 2 was to go to server3 by wlc \(server3 0 active and 1 inactive, server2 0 active and 4 inactive\)$/,
    );
  });

  it("names nobody where a connection was to be refused", async () => {
    const { passed, seen } = await simulated({
      weights: [2, 0, 3],
      wanted: { scheduler: "sh" },
      set: { scheduler: "sh", schedulerFlags: ["sh-fallback"] },
    });
    expect(passed).toBe(false);
    expect(seen).toMatch(/was to go to nobody by sh$/);
  });
});

describe("persistence", () => {
  it("wants one real server for all answers, whatever the scheduler", async () => {
    for (const scheduler of ["rr", "wlc", "sh"] as const) {
      const wanted = { scheduler, persistenceTimeout: 50 };
      const lab = withWeights(live.lab, [1, 1], wanted);
      const [subject] = balancing.subjects(lab);
      if (!subject) throw new Error("the lab has no service");
      expect(balancing.expected(lab, subject)).toBe("10 answers, all from one of server2, server3");
      expect(await simulated({ wanted, set: { scheduler: "fo" } })).toMatchObject({
        passed: true,
        seen: Array(10).fill("server3").join(" "),
      });
      expect((await simulated({ wanted, set: { scheduler: "rr" } })).passed).toBe(false);
    }
  });
});

describe("a director that", () => {
  const wlc = withWeights(live.lab, [1, 1], { scheduler: "wlc" });

  it("is bypassed fails the check, though the answers are as expected", async () => {
    const lab = withWeights(live.lab, [1, 1], { scheduler: "fo" });
    const director = new SimulatedDirector(serviceOf(lab));
    const view = new RecordedView({ ...live, lab }, (where, command) => {
      if (where === "client") return command.startsWith("ip") ? "" : "server3\n";
      return director.printed();
    });
    const { passed, seen } = await look(view);
    expect(passed).toBe(false);
    expect(seen).toMatch(/; 16 of 16 connections went past the director$/);
  });

  it("has no such service fails the check", async () => {
    const view = new RecordedView({ ...live, lab: wlc }, (where) => (where === "client" ? "server2\n" : ""));
    expect(await look(view)).toMatchObject({ passed: false, seen: expect.stringMatching(/; no director has/) });
  });

  it("cannot be asked is an error, unless answers are in turn", async () => {
    class Unreachable extends RecordedView {
      override on(): never {
        throw new Error("server1 does not answer");
      }
    }
    await expect(look(new Unreachable({ ...live, lab: wlc }, () => "server2\n"))).rejects.toThrow("does not answer");
    let count = 0;
    const inTurn = () => ["server2\n", "server3\n"][count++ % 2] ?? "";
    expect((await look(new Unreachable(live, inTurn))).passed).toBe(true);
  });

  it("is one of two is found by the connections that went through it", async () => {
    const ha = await aLiveLab("ha");
    const lab = withWeights(ha.lab, [2, 1], { scheduler: "wlc" });
    const director = new SimulatedDirector(serviceOf(lab));
    const standby = new SimulatedDirector(serviceOf(lab));
    class Pair extends SimulatedView {
      override on(server: string) {
        return server === "server4"
          ? super.on(server)
          : async () => ({ where: server, command: "", output: standby.printed(), status: 0 });
      }
    }
    expect((await look(new Pair({ ...ha, lab }, director))).passed).toBe(true);
  });
});

it("says in the lab's words what is expected, and how to see it", () => {
  const said = (weights: readonly number[], change: Partial<VirtualService>) => {
    const lab = withWeights(live.lab, weights, change);
    const [subject] = balancing.subjects(lab);
    if (!subject) throw new Error("the lab has no service");
    return [balancing.expected(lab, subject), ...balancing.byHand(lab, subject)];
  };
  expect(said([1, 1], { scheduler: "rr" })).toEqual([
    "10 answers, server2 and server3 in strict rotation",
    "for i in {1..10}; do curl 172.25.254.100; done",
  ]);
  expect(said([2, 2], { scheduler: "wrr" })[0]).toBe("10 answers, server2 and server3 in strict rotation");
  expect(said([3, 1], { scheduler: "wlc" })).toEqual([
    "each connection goes to the real server with the fewest connections for its weight (weights: server2 3, server3 1)",
    "exec {held}<>/dev/tcp/172.25.254.100/80 # keeps a connection open",
    "for i in {1..10}; do curl 172.25.254.100; done",
  ]);
});
