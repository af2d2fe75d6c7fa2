import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { patience, ServerConnection, type ServerRef } from "../../provision/ssh/index.ts";
import { withLab } from "../harness/bench-lab.ts";
import { stopwatch } from "../harness/machine.ts";
import { alternating, Ledger } from "../harness/measured.ts";
import type { Part } from "../harness/part.ts";
import { withPlainHost } from "../harness/plain-host.ts";
import { layGuests, startGuests } from "../harness/qemu.ts";

const MEASURE = "four guests, from the first one's start until all have run a command by SSH";

/** Four guests to SSH, started by the lab and by QEMU alone. */
export const boot: Part = {
  name: "boot",
  title: "four guests to SSH: the lab's own, and by QEMU alone",
  runs: 3,
  async measure({ runs, say }) {
    const ledger = new Ledger();
    let acceleration: string | undefined;
    const contenders = {
      "lvs-lab: Pulumi and libvirt": async (who: string) => {
        await withLab("boot", async (lab) => {
          await lab.use("bare-ha");
          const begin = now();
          let first: number | undefined;
          await lab.lvs("up", [], {
            onLine: (line) => {
              if (/Domain \S+ creating/.test(line)) first ??= now();
            },
          });
          if (first === undefined) throw new Error("`up` did not say that it makes a domain");
          const live = await lab.live();
          acceleration = live.acceleration;
          const logins = await Promise.all(
            live.servers.map(({ name }) => firstCommandAt(join(lab.directory, "transcripts", `${name}.log`))),
          );
          const last = Math.max(...logins);
          ledger.add(MEASURE, who, (last - first) / 1000);
          ledger.add("the same from `lvs-lab up` with nothing there", who, (last - begin) / 1000);
        });
      },
      "floor: QEMU alone": async (who: string) => {
        await withPlainHost("boot", async (host) => {
          await layGuests(host);
          const spent = stopwatch();
          const end = await startGuests(host);
          try {
            await Promise.all(
              host.guests.map(async ({ reference }) => {
                const server = await waitFor(reference, patience(reference, 18));
                await server.run`hostname`;
                server.close();
              }),
            );
            ledger.add(MEASURE, who, spent().wall);
          } finally {
            await end();
          }
        });
      },
    };
    for (let round = 0; round < runs; round++)
      for (const [who, measure] of alternating(Object.entries(contenders), round)) {
        say(`${who}, run ${round + 1} of ${runs}`);
        await measure(who);
      }
    return {
      rows: ledger.rows(),
      notes: [
        "Image, kernel, command line, memory and the way of waiting are the same; seeds and disks are laid beforehand.",
      ],
      acceleration,
    };
  },
};

/**
 * Waits for a guest of QEMU alone as the lab does for its own (provision/roles/base-system.ts), but asks no libvirt whether it runs: none knows it.
 * @throws UnreachableError after `seconds`
 */
export const waitFor = (guest: ServerRef, seconds: number): Promise<ServerConnection> =>
  ServerConnection.connect(guest, seconds, async () => undefined);

/** Milliseconds since 1970, with more precision than Date. */
const now = (): number => performance.timeOrigin + performance.now();

/** Start of a server's transcript: its first command has ended. */
export async function firstCommandAt(transcript: string): Promise<number> {
  const [, at = ""] = /^# ([^\s,]+)/m.exec(await readFile(transcript, "utf8")) ?? [];
  const time = Date.parse(at);
  if (Number.isNaN(time)) throw new Error(`${transcript} does not begin with a time`);
  return time;
}
