// @ts-check
/**
 * Sets a machine up for the lab; with --then, runs a command afterwards:
 *
 *     node setup/main.mjs                           set-up only
 *     node setup/main.mjs --then up|test …          set-up, then that command with the further arguments
 *     node setup/main.mjs --then down …             npm packages if missing, then that command
 *
 * Finished steps are skipped. Plain JavaScript without dependencies, because it runs before `npm ci`.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { cacheRoot, projectRoot } from "./paths.mjs";
import { nodeModules } from "./steps/node-modules.mjs";
import { createReporter } from "./steps/reporter.mjs";
import { checkRequirements } from "./steps/requirements.mjs";
import { runSteps } from "./steps/run-steps.mjs";
import { SetupError } from "./steps/setup-error.mjs";
import { steps, testSteps } from "./steps/steps.mjs";

/**
 * Commands that can follow the set-up.
 * @type {Record<string, [string, ...string[]]>}
 */
const followers = {
  up: [join(projectRoot, "cli/lvs-lab"), "up"],
  down: [join(projectRoot, "cli/lvs-lab"), "down"],
  test: [process.execPath, "--import", "tsx", "test/run.ts"],
};

/** @returns {Promise<number>} the exit status */
const main = async () => {
  const [flag, name = "", ...args] = process.argv.slice(2);
  const follower = followers[name];
  if (flag !== undefined && (flag !== "--then" || !follower)) {
    throw new SetupError(`usage: node setup/main.mjs [--then ${Object.keys(followers).join("|")} [argument …]]`);
  }
  const wanted = stepsBefore(name);
  if (name !== "down") checkRequirements();
  const status = wanted.length > 0 ? await setUp(wanted) : 0;
  return status !== 0 || !follower ? status : handOver([...follower, ...args]);
};

/**
 * The steps that a command needs. `down` builds nothing and needs nothing from the machine but npm packages, of any age.
 * @param {string} name
 * @returns {import("./steps/run-steps.mjs").Step[]}
 */
const stepsBefore = (name) => {
  // npm writes this file last.
  if (name === "down") return existsSync(join(projectRoot, "node_modules/.package-lock.json")) ? [] : [nodeModules];
  return name === "test" ? [...steps, ...testSteps] : steps;
};

/**
 * Runs the steps that are not done yet.
 * @param {import("./steps/run-steps.mjs").Step[]} wanted
 * @returns {Promise<number>} 0, 1 when a step failed, 130 when interrupted
 */
const setUp = async (wanted) => {
  const logs = join(cacheRoot(), "logs");
  mkdirSync(logs, { recursive: true });
  const logOf = (/** @type {{ name: string }} */ { name }) =>
    join(logs, `${name.replace(/\W+/g, "-").replace(/^-/, "")}.log`);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const reporter = createReporter();
  try {
    const { ran, failed } = await runSteps(wanted, { reporter, signal: interruption.signal, logOf });
    if (failed > 0) return 1;
    console.error(ran === 0 ? "Set-up: nothing to do." : `Set-up: done, logs are in ${logs}.`);
    return 0;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    console.error("Set-up: interrupted; finished steps are kept. Run it again to continue.");
    return 128 + constants.signals.SIGINT;
  } finally {
    reporter.close();
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
};

/**
 * Runs the following command in this terminal and exits with its status.
 * @param {[string, ...string[]]} command
 * @returns {Promise<number>}
 */
const handOver = async ([program, ...args]) => {
  const child = spawn(program, args, { cwd: projectRoot, stdio: "inherit" });
  // Ctrl-C reaches the child from the terminal, too; the child decides how to end. Signals to this process alone are forwarded.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return await new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new SetupError(`${program} cannot be started: ${cause.message}`)));
    child.once("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
