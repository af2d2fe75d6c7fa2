import { rmSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lvsLabProgram } from "../../cli/class/lvs-lab.ts";
import { pulumiEnvironment } from "../../cli/environment.ts";
import { openHost } from "../../provision/host/reach.ts";
import { labDirectory, projectRoot, stateRoot } from "../../provision/paths.ts";
import { prepareImages } from "../harness/images.ts";
import { run } from "../harness/run.ts";

/** A class of the benchmark, driven as by a teacher: with `lvs-lab class` on the command line. */
export class BenchClass {
  readonly name: string;
  readonly #folder: string;
  readonly #file: string;
  /** Students that the roster has had. */
  #students = 0;

  constructor(name: string) {
    this.name = name;
    this.#folder = join(stateRoot(), `class-${name}`);
    this.#file = join(this.#folder, "class.yaml");
  }

  /** Writes class.yaml for an exercise: a lab file, or the name of one in labs/. */
  async make(exercise: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    // JSON is valid YAML.
    await writeFile(this.#file, JSON.stringify({ name: this.name, exercise, roster: "roster.csv" }, null, 2));
  }

  /** Has so many students in the roster. @returns the ids of the new ones */
  async enrol(count: number): Promise<string[]> {
    const added = idsOf(count).slice(this.#students);
    this.#students = count;
    const rows = this.ids.map((id) => `${id},Student ${id}\n`);
    await writeFile(join(this.#folder, "roster.csv"), `id,name\n${rows.join("")}`);
    // Of a run that was killed: its state went with it.
    for (const id of added) rmSync(configOf(this.stackOf(id)), { force: true });
    return added;
  }

  /** The students' ids. */
  get ids(): string[] {
    return idsOf(this.#students);
  }

  stackOf = (id: string): string => `${this.name}.${id}`;

  /** The directories of the labs. */
  get directories(): string[] {
    return this.ids.map((id) => labDirectory(this.stackOf(id)));
  }

  /** `lvs-lab class VERB`. @throws Error when its status is not 0 */
  async lvs(verb: string, args: readonly string[] = [], onLine?: (line: string) => void): Promise<string> {
    return await run([lvsLabProgram, "class", verb, "--file", this.#file, ...args], {
      removes: verb === "down",
      ...(onLine ? { onLine } : {}),
    });
  }

  /** Brings up the labs of new students. @returns the seconds of each */
  async up(ids: readonly string[]): Promise<number[]> {
    const begun = new Map<string, number>();
    const took: number[] = [];
    await this.lvs("up", ["--snapshot", "--student", ...ids], (line) => {
      const [, id = "", end] = /^(\S+): (?:brings up$|(up) \()/.exec(line) ?? [];
      if (!begun.has(id)) begun.set(id, performance.now());
      if (end) took.push((performance.now() - (begun.get(id) ?? 0)) / 1000);
    });
    return took;
  }

  /** Runs a script on a server of a student's lab, as root. @returns what it prints */
  async type(id: string, server: string, script: string): Promise<string> {
    return await run([lvsLabProgram, "ssh", "--stack", this.stackOf(id), server, "--", "bash"], { stdin: script });
  }

  /** Has the client of each lab ask for a page a second, for so many seconds and during `work`. @throws Error when a request fails */
  async underLoad(url: string, { seconds }: { seconds: number }, work: () => Promise<void>): Promise<void> {
    const loop = `set -e; while ((SECONDS < ${seconds})); do curl --silent --fail --max-time 10 --output /dev/null ${url}; sleep 1; done`;
    const clients = this.ids.map((id) =>
      run([lvsLabProgram, "client", "--stack", this.stackOf(id), "--", "bash", "-c", loop]),
    );
    await Promise.all([work(), ...clients]);
  }

  /** Removes labs and stacks in any state. Even if `class down` fails, the lab hosts end with everything that runs in them. */
  async remove(): Promise<void> {
    if (this.#students === 0) return;
    try {
      await this.lvs("down");
    } finally {
      for (const id of this.ids) {
        const stack = this.stackOf(id);
        await openHost({ kind: "private", directory: labDirectory(stack) }).destroy();
        // A stack that `class up` did not come to is not there.
        const remove = ["pulumi", "stack", "rm", "--yes", "--force", "--stack", stack];
        await run(remove, { env: pulumiEnvironment(), removes: true }).catch(() => undefined);
        await rm(configOf(stack), { force: true });
      }
    }
  }
}

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index + 1}`);

const configOf = (stack: string): string => join(projectRoot, `Pulumi.${stack}.yaml`);

/** Has a class for `work`, whose labs are always removed. */
export async function withClass<T>(name: string, work: (one: BenchClass) => Promise<T>): Promise<T> {
  await prepareImages();
  const one = new BenchClass(name);
  let result: T;
  try {
    result = await work(one);
  } catch (error) {
    await one.remove().catch(() => undefined); // that this fails too is no news beside the error
    throw error;
  }
  await one.remove();
  return result;
}

/** The solution of the exercise, as scripts in the order of typing: real servers first. */
export async function solutionOf(labFile: string, servers: readonly { name: string; role: string }[]) {
  const order = [...servers].sort((one, other) => Number(one.role === "director") - Number(other.role === "director"));
  return await Promise.all(
    order.map(async ({ name }) => ({
      server: name,
      script: await run([lvsLabProgram, "explain", labFile, name, "--script"]),
    })),
  );
}
