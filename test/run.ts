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
import { openHost } from "../provision/host/reach.ts";
import { projectRoot } from "../provision/paths.ts";

const PREFIX = "lvs-test-";

/** Ends the labs below a run's state directory and takes it away. */
async function clean(directory: string): Promise<void> {
  const labs = join(directory, "labs");
  for (const stack of existsSync(labs) ? readdirSync(labs) : [])
    if (existsSync(join(labs, stack, "init.pid")))
      await openHost({ kind: "private", directory: join(labs, stack) }).destroy();
  // Plugins of a `pulumi` that a test killed: their path below the run's directory tells whose they are.
  for (const pid of processes()) if (commandLine(pid).join(" ").startsWith(`${directory}/`)) killProcess(pid);
  await rm(directory, { recursive: true, force: true });
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
    env: { ...process.env, ...pulumiEnvironment() },
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? 1)));
} finally {
  await clean(state);
}
