import type { LabInput } from "../../lab/schema.ts";
import { withLab, withLabs } from "../harness/bench-lab.ts";
import { timed } from "../harness/machine.ts";
import { Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { diskOf, memoryOf } from "../harness/usage.ts";

const REAL_SERVERS = [1, 2, 4, 8];
const LABS = [1, 2, 4];

/** How time, memory and disk grow with the number of real servers in a lab, and of labs side by side. */
export const growth: Part = {
  name: "growth",
  title: "1, 2, 4 and 8 real servers, and 1, 2 and 4 labs at once: time, memory, disk",
  runs: 1,
  async measure({ runs, say }) {
    const ledger = new Ledger();
    let acceleration: string | undefined;
    for (let round = 0; round < runs; round++) {
      for (const count of REAL_SERVERS) {
        say(`${count} real servers, run ${round + 1} of ${runs}`);
        await withLab(`grow-${count}`, async (lab) => {
          await lab.describe(labOf(count));
          const { wall, cpu } = await timed(() => lab.lvs("up"));
          const who = `${count} real server${count === 1 ? "" : "s"}`;
          ledger.add("one lab, from nothing to served", who, wall);
          ledger.add("one lab, from nothing to served", who, cpu, "CPU s");
          ledger.add("memory of its guests", who, memoryOf([lab.directory]), "MiB");
          ledger.add("disk of its directory", who, await diskOf([lab.directory]), "MiB");
          acceleration = (await lab.live()).acceleration;
          await lab.check();
        });
      }
      for (const count of LABS) {
        say(`${count} labs at once, run ${round + 1} of ${runs}`);
        const names = Array.from({ length: count }, (_, index) => `side-${index + 1}`);
        await withLabs(names, async (labs) => {
          for (const lab of labs) {
            await lab.describe(labOf(2));
            await lab.make(); // one after another: each selects its stack
          }
          const { wall, cpu } = await timed(() => all(labs, (lab) => lab.up()));
          const who = `${count} lab${count === 1 ? "" : "s"}`;
          const directories = labs.map(({ directory }) => directory);
          ledger.add("labs at once, until all serve", who, wall);
          ledger.add("labs at once, until all serve", who, cpu, "CPU s");
          ledger.add("memory of all guests", who, memoryOf(directories), "MiB");
          ledger.add("disk of all directories", who, await diskOf(directories), "MiB");
          for (const lab of labs) await lab.check();
        });
      }
    }
    return {
      rows: ledger.rows(),
      notes: [
        "Memory is the sum of the proportional set sizes of the guests' QEMUs (proc(5), smaps_rollup), just after the lab serves.",
      ],
      acceleration,
    };
  },
};

/** Runs `work` on all and waits until all have ended. @throws the first one's error */
async function all<T>(each: readonly T[], work: (one: T) => Promise<unknown>): Promise<void> {
  const ends = await Promise.allSettled(each.map(work));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}

/** A lab under ipvsadm on baked guests with so many real servers, and addresses as the textbook's. */
export const labOf = (realServers: number): LabInput => ({
  control: "ipvsadm",
  image: { packages: "baked" },
  networks: [{ subnets: ["172.25.254.0/24"] }],
  services: [{ vip: "172.25.254.100", scheduler: "rr" }],
  servers: [
    { name: "server1", addresses: ["172.25.254.11"], role: "director" },
    ...Array.from({ length: realServers }, (_, index) => ({
      name: `server${index + 2}`,
      addresses: [`172.25.254.${index + 12}`],
      role: "real-server" as const,
    })),
  ],
});
