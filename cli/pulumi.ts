import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labFileOf, labNames } from "../lab/index.ts";
import { pulumiEnvironment } from "./environment.ts";
import { CliError, exitStatus, NoPulumiError } from "./exit-status.ts";

/** The project's root, with Pulumi.yaml. */
export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi` in the project and returns its output. */
export const pulumi = (...args: string[]): Promise<Finished> => run(args, "pipe");

/**
 * Brings a stack up or destroys it, at the user's terminal, without asking. pulumi's output is progress and goes to stderr.
 * @param options.refresh see first what was changed by hand
 * @returns pulumi's exit status
 */
export async function pulumiDo(verb: "up" | "destroy", stack: string, { refresh = false } = {}): Promise<number> {
  const more = refresh ? ["--refresh"] : [];
  return (await run([verb, "--yes", "--skip-preview", ...more, "--stack", stack], "inherit")).status;
}

async function run(args: string[], output: "pipe" | "inherit"): Promise<Finished> {
  const child = spawn("pulumi", args, {
    cwd: projectRoot,
    env: { ...process.env, ...pulumiEnvironment() },
    stdio: output === "pipe" ? ["ignore", "pipe", "pipe"] : ["inherit", 2, 2],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // Ctrl-C reaches pulumi directly, because it is in the same process group. Wait until it has ended the operation.
  const ignore = () => {};
  // Forward signals to this process alone (a CI's SIGTERM) as SIGINT, on which pulumi ends in order.
  const passOn = () => child.kill("SIGINT");
  process.on("SIGINT", ignore).on("SIGTERM", passOn);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(error.code === "ENOENT" ? new NoPulumiError() : error),
      );
      child.once("close", (status, signal) =>
        resolve({ status: status ?? (signal ? exitStatus.cancelled : exitStatus.internal), stdout, stderr }),
      );
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", passOn);
  }
}

/**
 * Selects the stack for `up`; creates it if missing.
 * @throws CliError if it has no lab: neither a lab file of its name in labs/ nor a stack file that could name one
 */
export async function selectStack(stack: string): Promise<void> {
  if (labFileOf(stack) === undefined && !existsSync(stackFile(stack)))
    throw new CliError(
      `there is no lab "${stack}"; labs: ${labNames().join(", ")}. Fix: name one of them, or create your own stack:\n` +
        `  eval "$(npx lvs-lab env)"\n` +
        `  pulumi stack select --create ${stack} && pulumi config set lab FILE --stack ${stack}`,
      exitStatus.stackNotFound,
    );
  await createStack(stack);
}

/** Selects a stack; creates it if missing, also where its file was written with another state directory. @throws CliError with Pulumi's error output */
export async function createStack(stack: string): Promise<void> {
  await forgetSalt(stack);
  await must("stack", "select", "--create", stack);
}

/** Selects the stack if Pulumi knows it. @returns whether it does */
export async function selectKnownStack(stack: string): Promise<boolean> {
  const { status, stderr } = await pulumi("stack", "select", "--non-interactive", stack);
  if (isUnknownStack(stderr)) return false;
  if (status !== 0) throw new CliError(stderr.trim(), status);
  await forgetSalt(stack);
  return true;
}

/** Whether Pulumi's error means an unknown stack. */
export const isUnknownStack = (stderr: string): boolean => /no stack named|\bstack\b.* not found/i.test(stderr);

/** Runs `pulumi` as part of another command. @returns its output @throws CliError with its error output */
export async function must(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await pulumi(...args, "--non-interactive");
  if (status !== 0) throw new CliError(stderr.trim(), status);
  return stdout;
}

/** Pulumi's configuration file of a stack. */
const stackFile = (stack: string): string => join(projectRoot, `Pulumi.${stack}.yaml`);

/**
 * Removes Pulumi's line `encryptionsalt` from a stack's file, unless the file has encrypted values. The state has the salt too, and Pulumi
 * writes it back. A salt from another state directory would fail with `incorrect passphrase`.
 */
async function forgetSalt(stack: string): Promise<void> {
  const text = await readFile(stackFile(stack), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  if (!/^encryptionsalt:/m.test(text) || /^\s*secure:|^secretsprovider:/m.test(text)) return;
  // Write a temporary file and rename it, so that a concurrent pulumi reads a complete file.
  const made = `${stackFile(stack)}.${process.pid}`;
  await writeFile(made, text.replace(/^encryptionsalt:.*\n?/m, ""));
  await rename(made, stackFile(stack));
}
