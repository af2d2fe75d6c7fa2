import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pulumiEnvironment } from "./environment.ts";
import { CliError, exitStatus } from "./exit-status.ts";

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
        reject(
          error.code === "ENOENT"
            ? new CliError(
                "there is no `pulumi`: run `npm run setup`, which builds it, or install Pulumi's own",
                exitStatus.configuration,
              )
            : error,
        ),
      );
      child.once("close", (status, signal) =>
        resolve({ status: status ?? (signal ? exitStatus.cancelled : exitStatus.internal), stdout, stderr }),
      );
    });
  } finally {
    process.off("SIGINT", ignore).off("SIGTERM", passOn);
  }
}

/** Makes sure that the stack exists, or says how to make one. */
export async function selectStack(stack: string): Promise<void> {
  if (!existsSync(join(projectRoot, `Pulumi.${stack}.yaml`)))
    throw new CliError(
      `there is no Pulumi.${stack}.yaml. Make the stack with\n  pulumi stack init ${stack} && pulumi config set lab labs/ha.yaml --stack ${stack}`,
      exitStatus.stackNotFound,
    );
  const select = () => pulumi("stack", "select", "--create", "--non-interactive", stack);
  let { status, stderr } = await select();
  if (status !== 0 && stderr.includes("incorrect passphrase") && (await forgetSalt(stack)))
    ({ status, stderr } = await select());
  if (status !== 0) throw new CliError(stderr.trim(), status);
}

/**
 * The stack's file may hold the salt of a passphrase that went with an earlier state directory. Where nothing in the file is encrypted
 * by it, nothing is lost with it, and Pulumi makes a new one.
 */
async function forgetSalt(stack: string): Promise<boolean> {
  const file = join(projectRoot, `Pulumi.${stack}.yaml`);
  const text = await readFile(file, "utf8");
  if (/^\s*secure:/m.test(text)) return false;
  await writeFile(file, text.replace(/^encryptionsalt:.*\n?/m, ""));
  return true;
}
