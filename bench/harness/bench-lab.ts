import { rmSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pulumiEnvironment } from "../../cli/environment.ts";
import { liveLab } from "../../cli/live-lab.ts";
import { hostPort } from "../../lab/index.ts";
import type { LabInput } from "../../lab/schema.ts";
import { runOnHost } from "../../provision/host/command.ts";
import { CLIENT, openHost } from "../../provision/host/reach.ts";
import { labDirectory, projectRoot, stateRoot } from "../../provision/paths.ts";
import { closeConnections } from "../../provision/ssh/index.ts";
import { until } from "../../provision/until.ts";
import { type LiveLab, labHost } from "../../verify/live/live-lab.ts";
import { prepareImages } from "./images.ts";
import { type RunOptions, run } from "./run.ts";

/** A lab of the benchmark, in its own stack, driven as by a user: with `lvs-lab` and `pulumi` on the command line. */
export class BenchLab {
  readonly stack: string;
  readonly #config: string;
  readonly #file: string;

  /** `name`: at most 15 characters, because the lab's name is derived from it. */
  constructor(name: string) {
    this.stack = `bench-${name}`;
    this.#config = join(projectRoot, `Pulumi.${this.stack}.yaml`);
    this.#file = join(stateRoot(), `${this.stack}.yaml`);
    rmSync(this.#config, { force: true }); // of a run that was killed: its state went with it
  }

  /** The lab's directory: disks, sockets, logs. */
  get directory(): string {
    return labDirectory(this.stack);
  }

  /** Sets the stack's lab to one of labs/, optionally with another scheduler. */
  async use(base: string, { scheduler }: { scheduler?: string } = {}): Promise<void> {
    const text = await readFile(join(projectRoot, "labs", `${base}.yaml`), "utf8");
    await this.#write(scheduler === undefined ? text : withScheduler(text, scheduler));
  }

  /** Sets the stack's lab. JSON is valid YAML. */
  async describe(lab: LabInput): Promise<void> {
    await this.#write(JSON.stringify(lab, null, 2));
  }

  async #write(text: string): Promise<void> {
    await mkdir(stateRoot(), { recursive: true });
    await writeFile(this.#file, text);
    // Keep what Pulumi has written into the stack's file.
    await writeFile(this.#config, `config:\n  lvs-lab:lab: ${this.#file}\n`, { flag: "wx" }).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  }

  /** `command` may have two words: `scenario run`. @throws when its status is neither 0 nor one of `accept` */
  async lvs(
    command: string,
    args: readonly string[] = [],
    { onLine, accept }: Pick<RunOptions, "onLine" | "accept"> = {},
  ): Promise<string> {
    const words = command.split(" ");
    const all = [join(projectRoot, "cli/lvs-lab"), ...words, "--stack", this.stack, ...args];
    return await run(all, { onLine, accept, removes: command === "down" });
  }

  /** Creates the empty stack. */
  async make(): Promise<void> {
    await run(["pulumi", "stack", "select", "--create", "--non-interactive", this.stack], { env: pulumiEnvironment() });
  }

  /** A plain `pulumi up`, with the options that `lvs-lab up` uses. @throws when its status is not 0 */
  async up(options: readonly string[] = [], onLine?: (line: string) => void): Promise<string> {
    const quiet = ["--yes", "--skip-preview", "--non-interactive", "--color", "never"];
    return await run(["pulumi", "up", "--stack", this.stack, ...quiet, ...options], {
      env: pulumiEnvironment(),
      onLine,
    });
  }

  /** How to reach the running lab. */
  live = (): Promise<LiveLab> => liveLab(this.stack);

  /** Runs the lab's checks and waits for timers. @throws when one fails */
  async check(): Promise<void> {
    await this.lvs("check", ["--wait", "120"]);
  }

  /** Removes lab and stack in any state. Even if `down` fails, the lab host ends with everything that runs in it. */
  async remove(): Promise<void> {
    await closeConnections();
    try {
      await this.lvs("down");
    } finally {
      await openHost({ kind: "private", directory: this.directory }).destroy();
      const remove = ["pulumi", "stack", "rm", "--yes", "--force", "--stack", this.stack];
      try {
        await run(remove, { env: pulumiEnvironment(), removes: true });
      } finally {
        for (const file of [this.#config, this.#file]) await rm(file, { force: true });
      }
    }
  }
}

/** Brings a lab up for `work` and always removes it. */
export async function withLab<T>(name: string, work: (lab: BenchLab) => Promise<T>): Promise<T> {
  return await withLabs([name], ([lab]) => work(lab as BenchLab));
}

/** Like `withLab`, with several labs. */
export async function withLabs<T>(
  names: readonly string[],
  work: (labs: readonly BenchLab[]) => Promise<T>,
): Promise<T> {
  await prepareImages();
  const labs = names.map((name) => new BenchLab(name));
  const removed = async () => {
    const ends: PromiseSettledResult<void>[] = [];
    // Not in parallel: each one selects its stack.
    for (const lab of labs) ends.push(...(await Promise.allSettled([lab.remove()])));
    return ends;
  };
  let result: T;
  try {
    result = await work(labs);
  } catch (error) {
    await removed(); // that this fails too is no news beside the error
    throw error;
  }
  const failed = (await removed()).find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return result;
}

/** A lab file's text with another scheduler of all services. @throws when it names none */
export function withScheduler(text: string, scheduler: string): string {
  const lines = /^( +scheduler: )\w+/gm;
  if (text.search(lines) < 0) throw new Error("the lab file has no line `scheduler:` to change");
  return text.replace(lines, `$1${scheduler}`);
}

/** Waits until every virtual service answers the lab's client. */
export async function served(live: LiveLab, seconds = 300): Promise<void> {
  const ask = ["curl", "--silent", "--fail", "--max-time", "2", "--output", "/dev/null"];
  for (const { vip, port } of live.lab.services)
    await until(() => runOnHost(labHost(live), CLIENT, [...ask, `http://${hostPort(vip, port)}/`]), {
      seconds,
      everyMs: 50,
      failed: (last) => new Error(`the client was not served within ${seconds} s`, { cause: last }),
    });
}
