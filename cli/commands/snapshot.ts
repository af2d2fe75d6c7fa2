import type { Command } from "commander";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { liveLab } from "../live-lab.ts";
import {
  type JsonOptions,
  jsonOption,
  type StackOptions,
  snapshotName,
  snapshotNamedNow,
  stackOption,
} from "../options.ts";
import { releaseDeadLocks } from "../pulumi-lock.ts";
import {
  inMegabytes,
  listSnapshots,
  removeSnapshots,
  restoreSnapshot,
  SERVED,
  type Snapshot,
  type Taken,
  takeSnapshot,
} from "../snapshots.ts";
import { holdingStack } from "../stack-lock.ts";

const say = (message: string): void => console.error(message);

export const snapshot = (program: Command): void => {
  program
    .command("snapshot")
    .description("save all servers of the lab at one moment, disks and memory, for `lvs-lab restore`")
    .addOption(stackOption())
    .argument("[snapshot]", "name of the snapshot; by default the time", snapshotName)
    .action(async (name: string | undefined, { stack }: StackOptions) => {
      const chosen = name ?? snapshotNamedNow();
      await onQuietStack(stack, async (live) => say(formatTaken(chosen, await takeSnapshot(live, chosen))));
    });
};

export const snapshots = (program: Command): void => {
  program
    .command("snapshots")
    .description("list the lab's snapshots: time, size, and whether each can be restored")
    .addOption(stackOption())
    .addOption(jsonOption())
    .option("--remove <snapshot...>", "remove these snapshots instead of listing all")
    .action(async ({ stack, json, remove = [] }: JsonOptions & { remove?: string[] }) => {
      if (remove.length > 0) return await onQuietStack(stack, async (live) => await removeSnapshots(live, remove));
      const all = await listSnapshots(await liveLab(stack));
      console.log(
        json
          ? JSON.stringify({ format: "lvs-lab snapshots", version: 1, stack, snapshots: all }, null, 2)
          : all.map(formatSnapshot).join("\n") || "no snapshots",
      );
    });
};

export const restore = (program: Command): void => {
  program
    .command("restore")
    .description("restore all servers to the moment of a snapshot, whatever happened since")
    .addOption(stackOption())
    .argument("<snapshot>", "name of the snapshot", snapshotName)
    .action(async (name: string, { stack }: StackOptions) => await goBack(stack, name));
};

export const reset = (program: Command): void => {
  program
    .command("reset")
    .description(`restore the snapshot that \`up --snapshot\` took when the lab served: \`restore ${SERVED}\``)
    .addOption(stackOption())
    .action(async ({ stack }: StackOptions) => await goBack(stack, SERVED));
};

async function goBack(stack: string, name: string): Promise<void> {
  await onQuietStack(stack, async (live) => {
    const { ms, takenAt } = await restoreSnapshot(live, name, say);
    say(`Restored "${name}" of ${takenAt.toLocaleString()}: servers running after ${inSeconds(ms)}.`);
  });
}

/** Runs `work` while no other command and no pulumi changes the lab. @throws StackInUseError otherwise */
const onQuietStack = async (stack: string, work: (live: LiveLab) => Promise<void>): Promise<void> =>
  await holdingStack(stack, async (lock) => {
    const [live] = await Promise.all([liveLab(stack), releaseDeadLocks(lock, say)]);
    await work(live);
  });

/** Reports the cost of a snapshot. */
export const formatTaken = (name: string, { stillMs, bytes, pruned }: Taken): string =>
  [
    `Snapshot "${name}": the servers stood still for ${inSeconds(stillMs)}; their memory takes ${inMegabytes(bytes)} of disk.`,
    ...(pruned.length > 0 ? [`Older snapshots were removed: ${pruned.join(", ")}.`] : []),
  ].join("\n");

const formatSnapshot = ({ name, takenAt, bytes, differences }: Snapshot): string =>
  [
    `${name.padEnd(20)} ${takenAt.toLocaleString()}  ${inMegabytes(bytes)}${differences.length > 0 ? "  the lab has changed since:" : ""}`,
    ...differences.map((line) => `  ${line}`),
  ].join("\n");

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
