import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labFileOf, labNames } from "../lab/index.ts";
import { pulumiEnvironment } from "./environment.ts";
import { CliError, exitStatus, NoPulumiError } from "./exit-status.ts";

/** The project's root: where Pulumi.yaml is. */
export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi` in the project, its output kept. */
export const pulumi = (...args: string[]): Promise<Finished> => run(args, "pipe");

/**
 * Brings a stack up or takes it away, at the user's terminal and without a question. What pulumi prints is progress, so it goes to stderr.
 * @returns pulumi's exit status
 */
export async function pulumiDo(verb: "up" | "destroy", stack: string): Promise<number> {
  return (await run([verb, "--yes", "--skip-preview", "--stack", stack], "inherit")).status;
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
  // Ctrl-C reaches pulumi by itself, being of the same process group; it ends the operation in order, and is waited for.
  const ignore = () => {};
  // What only this process gets, as from a CI that is told to stop, is passed on in the form that pulumi ends in order for.
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
 * Selects the stack for an `up`; it is made if it is missing.
 * @throws CliError if it has no lab: neither a lab file of its name in labs/ nor a stack file that could name one
 */
export async function selectStack(stack: string): Promise<void> {
  if (labFileOf(stack) === undefined && !existsSync(stackFile(stack)))
    throw new CliError(
      `there is no lab "${stack}"; there are ${labNames().join(", ")}. Fix: name one of them, or make a stack of your own:\n` +
        `  eval "$(npx lvs-lab env)"\n` +
        `  pulumi stack select --create ${stack} && pulumi config set lab FILE --stack ${stack}`,
      exitStatus.stackNotFound,
    );
  await forgetSalt(stack);
  await must("stack", "select", "--create", stack);
}

/** Selects the stack, unless Pulumi does not know it. @returns whether it does */
export async function selectKnownStack(stack: string): Promise<boolean> {
  const { status, stderr } = await pulumi("stack", "select", "--non-interactive", stack);
  if (isUnknownStack(stderr)) return false;
  if (status !== 0) throw new CliError(stderr.trim(), status);
  await forgetSalt(stack);
  return true;
}

/** Whether Pulumi's error is that it knows no such stack. */
export const isUnknownStack = (stderr: string): boolean => /no stack named|\bstack\b.* not found/i.test(stderr);

/** Runs `pulumi` as a part of something else. @returns its output @throws CliError with what it says of its failure */
export async function must(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await pulumi(...args, "--non-interactive");
  if (status !== 0) throw new CliError(stderr.trim(), status);
  return stdout;
}

/** Where Pulumi keeps a stack's configuration. */
const stackFile = (stack: string): string => join(projectRoot, `Pulumi.${stack}.yaml`);

/**
 * Takes Pulumi's line `encryptionsalt` out of a stack's file, unless something in the file is encrypted by it. The state has the salt too,
 * and Pulumi writes it into the file again. A salt that came with another state directory would fail as `incorrect passphrase`.
 */
async function forgetSalt(stack: string): Promise<void> {
  const text = await readFile(stackFile(stack), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return "";
  });
  if (!/^encryptionsalt:/m.test(text) || /^\s*secure:|^secretsprovider:/m.test(text)) return;
  // Written aside and moved: a pulumi that reads the file meanwhile finds all of it.
  const made = `${stackFile(stack)}.${process.pid}`;
  await writeFile(made, text.replace(/^encryptionsalt:.*\n?/m, ""));
  await rename(made, stackFile(stack));
}
