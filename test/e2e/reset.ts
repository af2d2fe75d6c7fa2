import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { liveLab } from "../../cli/live-lab.ts";
import { clientAddress, networkOfVip } from "../../lab/index.ts";
import { until } from "../../provision/until.ts";
import { diskFull } from "../../verify/faults/disk-full.ts";
import { RunClock } from "../../verify/live/clock.ts";
import { serviceOf } from "../../verify/scenarios/selectors.ts";
import { Capture } from "../../verify/wire/index.ts";
import { failures, type TestStack } from "./stack.ts";

/** The file that is there while the lab goes back to a snapshot. */
export const restoringFile = ({ directory }: TestStack): string => join(directory, "snapshots/restoring");

/** What a student may do to a lab under keepalived. */
export const hurts = (stack: TestStack): [string, () => Promise<unknown>][] => [
  [
    "a broken keepalived.conf",
    () => stack.on("server1", "echo 'nonsense {' >/etc/keepalived/keepalived.conf; pkill -HUP -o keepalived"),
  ],
  ["a purged package", () => stack.on("server2", "pkill apache2; dpkg --purge --force-depends apache2")],
  ["a server that is off", () => stack.virsh("destroy", "server1")],
  ["a full disk", () => stack.on("server4", `${diskFull.byHand.inject} || true`)],
];

export interface Reset {
  /** How long the command took. */
  readonly seconds: number;
  /** How long it then took until `check` passed, or gave up. */
  readonly passing: number;
  /** The checks that did not pass. */
  readonly failing: readonly string[];
  /** The directors that advertised in the ten seconds after the servers ran again, by address. */
  readonly advertisers: readonly string[];
}

/** Runs `lvs-lab reset`, waits so many seconds at most until `check` passes, and looks at the wire for ten seconds. */
export async function resetOf(stack: TestStack, within = 10): Promise<Reset> {
  const { lab, host, bridges } = await liveLab(stack.name);
  const service = serviceOf(lab);
  const clock = new RunClock();
  const file = join(host.directory, "reset.pcap");
  const capture = await Capture.start(stack.host, {
    clock,
    service,
    client: clientAddress(lab),
    link: bridges[networkOfVip(lab, service.vip).name] ?? "",
    file,
  });
  const runs = untilRestored(stack, clock);
  const begun = clock.now();
  const { status, stderr } = await stack.lvs("reset");
  if (status !== 0) throw new Error(stderr);
  const done = clock.now();
  const failing = failures(await stack.check("--wait", `${within}`));
  const passed = clock.now();
  const from = await runs;
  await delay(from + 10_000 - clock.now());
  const { adverts } = await capture.stop();
  await rm(file);
  // The servers of before had ended half a second earlier: QEMU had to start and to read their memory.
  const sources = adverts.filter(({ at }) => at > from - 500).map(({ source }) => source);
  return {
    seconds: (done - begun) / 1000,
    passing: (passed - done) / 1000,
    failing,
    advertisers: [...new Set(sources)],
  };
}

/** Waits until a restore has begun, and until all servers run again. @returns when that was */
async function untilRestored(stack: TestStack, clock: RunClock): Promise<number> {
  const options = { seconds: 60, everyMs: 20, failed: (last: unknown) => last as Error };
  const seen = async (there: boolean): Promise<void> => {
    if (existsSync(restoringFile(stack)) !== there) throw new Error(`the restore has not ${there ? "begun" : "ended"}`);
  };
  await until(() => seen(true), options);
  await until(() => seen(false), options);
  return clock.now();
}
