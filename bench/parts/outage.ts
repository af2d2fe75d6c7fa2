import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LabInput } from "../../lab/schema.ts";
import type { OutagePromise } from "../../verify/report/result.ts";
import { withLab } from "../harness/bench-lab.ts";
import { Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";

/** The timers of a VRRP instance, as a lab file has them. */
type Timers = Pick<NonNullable<LabInput["vrrp"]>[number], "version" | "advertInterval">;

/** A lab by its timers. */
interface Timed {
  readonly id: string;
  readonly who: string;
  readonly timers: Timers;
  readonly priorities: readonly [number, number];
}

/**
 * VRRPv2 has no interval below a second. Only the skew can be lowered, (256 − priority) / 256 s of the standby: 805 ms in the article, 12
 * ms at the highest priority that two directors can have.
 */
export const outage = outageOf("outage", "the client's outage when the master loses its power, over many kills", [
  {
    id: "article",
    who: "the article's timers: advert_int 1, standby's priority 50",
    timers: { advertInterval: 1 },
    priorities: [100, 50],
  },
  {
    id: "fast",
    who: "the fastest of VRRPv2: advert_int 1, standby's priority 253",
    timers: { advertInterval: 1 },
    priorities: [254, 253],
  },
]);

/**
 * VRRPv3 allows 10 ms, but emulated guests that wait for each other's CPU then lose each other all the time. A tenth of a second is the
 * fastest that works here.
 */
export const outageV3 = outageOf("outage-v3", "the same with VRRP version 3, whose intervals may be below a second", [
  {
    id: "v3",
    who: "VRRPv3: advert_int 0.1, standby's priority 253",
    timers: { version: 3, advertInterval: 0.1 },
    priorities: [254, 253],
  },
]);

/** The client's outage after each power-off of the master. */
function outageOf(name: string, title: string, labs: readonly Timed[]): Part {
  return {
    name,
    title,
    runs: 20,
    async measure({ runs, say }) {
      const ledger = new Ledger();
      const notes: string[] = [];
      let acceleration: string | undefined;
      for (const { id, who, timers, priorities } of labs)
        await withLab(id, async (lab) => {
          say(`${who}: a lab`);
          await lab.describe(haWith(priorities, timers));
          await lab.lvs("up");
          acceleration = (await lab.live()).acceleration;
          const reports = await mkdtemp(join(tmpdir(), "lvs-bench-reports-"));
          say(`${who}: ${runs} kills`);
          const args = ["--json", "--repeat", String(runs), "--report", reports, "director-down"];
          const { outagesMs, promise, passed } = firstPromised(await lab.lvs("scenario run", args, { accept: [1] }));
          for (const ms of outagesMs) ledger.add("the longest outage after a kill", who, ms, "ms");
          if (passed === runs) await rm(reports, { recursive: true });
          else say(`${who}: ${passed} of ${runs} passed; what the others saw is in ${reports}`);
          notes.push(
            `${who}: promised are ${Math.round(promise.minimumMs)} to ${Math.round(promise.maximumMs)} ms, ${promise.arithmetic}; ${passed} of ${runs} runs were as the scenario wants them.`,
          );
        });
      return { rows: ledger.rows(), notes, acceleration };
    },
  };
}

/** The textbook's ha lab on baked guests, with other priorities of its directors and other timers. */
export const haWith = ([first, second]: readonly [number, number], timers: Timers): LabInput => ({
  control: "keepalived",
  image: { packages: "baked" },
  networks: [{ subnets: ["172.25.254.0/24"] }],
  services: [{ vip: "172.25.254.100", scheduler: "rr" }],
  vrrp: [
    {
      ...timers,
      members: [
        { server: "server1", priority: first },
        { server: "server4", priority: second },
      ],
    },
  ],
  servers: [
    { name: "server1", addresses: ["172.25.254.11"], role: "director" },
    { name: "server2", addresses: ["172.25.254.12"], role: "real-server" },
    { name: "server3", addresses: ["172.25.254.13"], role: "real-server" },
    { name: "server4", addresses: ["172.25.254.14"], role: "director" },
  ],
});

/** The window of `scenario run --json --repeat` for which VRRP's timers promise an outage: the kill. */
export function firstPromised(output: string): {
  readonly outagesMs: readonly number[];
  readonly promise: OutagePromise;
  /** Number of runs that passed. */
  readonly passed: number;
} {
  const { repeated, runs } = JSON.parse(output) as {
    repeated: { passed: number; windows: { outagesMs: number[]; promise?: OutagePromise }[] }[];
    // A single run has no comparison of runs.
    runs: { passed: boolean; windows: { outage: { longest?: { ms: number } | null }; promise?: OutagePromise }[] }[];
  };
  for (const { outagesMs, promise } of repeated[0]?.windows ?? [])
    if (promise) return { outagesMs, promise, passed: repeated[0]?.passed ?? 0 };
  for (const { outage, promise } of runs[0]?.windows ?? [])
    if (promise) return { outagesMs: [outage.longest?.ms ?? 0], promise, passed: runs[0]?.passed ? 1 : 0 };
  throw new Error("the scenario has no window with a promised outage");
}
