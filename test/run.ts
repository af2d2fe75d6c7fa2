/**
 * `npm test` after the set-up: vitest with a state directory of its own, and nothing left behind whatever happens.
 * Further arguments go to vitest: `npm test -- --project unit`.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiEnvironment } from "../cli/environment.ts";
import { commandLine, killProcess, processes } from "../provision/host/machine/processes.ts";
import { runningHosts } from "../provision/host/private/inits.ts";
import { projectRoot } from "../provision/paths.ts";

const PREFIX = "lvs-test-";

/** Ends the lab hosts below a run's state directory, wherever in it, and takes it away. */
async function clean(directory: string): Promise<void> {
  for (const host of runningHosts()) if (host.directory.startsWith(`${directory}/`)) await host.end();
  // Plugins of a `pulumi` that a test killed: their path below the run's directory tells whose they are.
  for (const pid of processes()) if (commandLine(pid).join(" ").startsWith(`${directory}/`)) killProcess(pid);
  // A command that a test had started may still write into it for a moment.
  await rm(directory, { recursive: true, force: true, maxRetries: 10 });
}

/** Ends the workers that an interrupted vitest leaves: they would go on with the next test, in a directory that is gone. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

// A run that was killed could not clean up after itself: its directory is named for its PID.
for (const name of readdirSync(tmpdir()))
  if (name.startsWith(PREFIX) && !existsSync(`/proc/${name.slice(PREFIX.length)}`)) await clean(join(tmpdir(), name));

const state = join(tmpdir(), `${PREFIX}${process.pid}`);
await mkdir(state, { mode: 0o700 });
process.env.LVS_LAB_STATE = state;
try {
  // Not by npx: a signal has to reach vitest itself, which then ends its workers.
  const vitest = join(projectRoot, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...process.argv.slice(2)], {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true, // a process group of its own, with its workers
    env: { ...process.env, ...pulumiEnvironment() },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  endGroup(child.pid as number);
} finally {
  await clean(state);
}
