import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { keepalivedState, parseInstances } from "../../../../verify/live/keepalived-state.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { dataOf } from "../keepalived-data.ts";

const live = await aLiveLab("ha");

describe("keepalived.data", () => {
  it("has an instance's state and settings", () => {
    expect(parseInstances(dataOf({ effectivePriority: 40 }))).toEqual([
      {
        ...{ name: "VI_1", id: 51, version: 2, state: "MASTER", priority: 100, effectivePriority: 40 },
        ...{ advertInterval: 1, preempt: true, preemptDelay: 0, peers: [], addresses: ["172.25.254.100"] },
      },
    ]);
  });

  it("has them in version 3, of a standby, with all that may be there", () => {
    const [found] = parseInstances(
      dataOf({
        ...{ name: "inside", id: 52, version: 3, state: "BACKUP", priority: 90, interval: "100 milli-sec" },
        ...{ preempt: false, preemptDelay: 2.5, peers: ["172.25.254.14", "172.25.254.15"] },
        addresses: ["172.25.254.101", "2001:db8::100"],
      }),
    );
    // The interval is its own, not the one of its master that stands after it.
    expect(found).toEqual({
      ...{ name: "inside", id: 52, version: 3, state: "BACKUP", priority: 90, effectivePriority: 90 },
      ...{ advertInterval: 0.1, preempt: false, preemptDelay: 2.5 },
      peers: ["172.25.254.14", "172.25.254.15"],
      addresses: ["172.25.254.101", "2001:db8::100"],
    });
  });

  it("keeps instances apart", () => {
    const all = parseInstances(dataOf({ id: 51, preemptDelay: 3, peers: ["172.25.254.14"] }, { name: "VI_2", id: 52 }));
    expect(all.map(({ id, preemptDelay, peers }) => [id, preemptDelay, peers])).toEqual([
      [51, 3, ["172.25.254.14"]],
      [52, 0, []],
    ]);
  });

  /** What the program of Debian 13 wrote, with a script that fails, and nobody to hear. */
  it("is read as keepalived 2.3.3 writes it", () => {
    const text = readFileSync(join(import.meta.dirname, "keepalived-2.3.3.txt"), "utf8");
    expect(parseInstances(text)).toEqual([
      {
        ...{ name: "VI_1", id: 51, version: 3, state: "MASTER", priority: 100, effectivePriority: 40 },
        ...{ advertInterval: 0.25, preempt: true, preemptDelay: 5 },
        peers: ["172.25.254.14", "172.25.254.15"],
        addresses: ["172.25.254.100", "172.25.254.101"],
      },
      {
        ...{ name: "VI_2", id: 52, version: 2, state: "MASTER", priority: 90, effectivePriority: 90 },
        ...{ advertInterval: 1, preempt: false, preemptDelay: 0, peers: [], addresses: ["192.168.10.254"] },
      },
    ]);
  });

  it("of a keepalived without VRRP has none", () => {
    expect(parseInstances("")).toEqual([]);
    expect(parseInstances(dataOf())).toEqual([]);
  });
});

describe("a keepalived that is asked", () => {
  const asked = async (answer: Answer) => {
    const view = new RecordedView(live, () => answer);
    return { state: await keepalivedState(view, "server1"), command: view.evidence[0]?.command ?? "" };
  };

  it("writes its file anew, and without the password", async () => {
    const { state, command } = await asked(dataOf({}));
    expect(state).toHaveLength(1);
    const order = ["rm -f", "keepalived --signum=DATA", "grep -v Password"].map((text) => command.indexOf(text));
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((one, other) => one - other));
  });

  it.each<[string, Answer]>([
    ["does not run", { output: "cat: /run/keepalived/keepalived_vrrp.pid: No such file or directory\n", status: 1 }],
    ["has not written it in time", ""],
    ["has no instance", dataOf()],
    ["was stopped meanwhile", { output: dataOf({}), status: 1 }],
  ])("and %s tells nothing", async (_what, answer) => {
    expect((await asked(answer)).state).toBeUndefined();
  });
});
