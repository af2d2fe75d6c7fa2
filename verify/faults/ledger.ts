import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../live/lab-error.ts";
import type { LiveLab } from "../live/live-lab.ts";
import { View } from "../live/view.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./index.ts";

/** A fault that is injected and not healed yet. */
export interface Injected {
  /** Its id. */
  readonly fault: string;
  /** The server's name, or `segment`. */
  readonly server: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** ISO 8601, wall clock. */
  readonly since: string;
}

/**
 * The injected faults of a lab, one file each in the lab's directory, so that the next run heals the faults of a killed one. The file is
 * written before the injection and removed after the healing.
 */
export class Ledger {
  readonly #live: LiveLab;
  readonly #directory: string;

  constructor(live: LiveLab) {
    this.#live = live;
    this.#directory = join(live.host.directory, "faults");
  }

  /** The injected faults, the latest first: the order of healing. */
  async list(): Promise<Injected[]> {
    return await injectedIn(this.#live.host.directory);
  }

  /**
   * Puts a fault on a server.
   * @throws Error if the injection fails; the fault stays in the ledger, since healing also removes a half injected one
   */
  async inject(fault: Fault, server: string, parameters: Injected["parameters"], view = new View(this.#live)) {
    const entry: Injected = { fault: fault.id, server, parameters, since: new Date().toISOString() };
    const file = this.#file(entry);
    await mkdir(this.#directory, { recursive: true });
    await writeFile(`${file}.new`, JSON.stringify(entry));
    await rename(`${file}.new`, file);
    await fault.inject({ view, server }, parameters);
  }

  /** Heals a fault and removes it from the ledger. @throws Error if the healing fails; the fault then stays in the ledger */
  async heal(entry: Pick<Injected, "fault" | "server" | "parameters">, view = new View(this.#live)): Promise<void> {
    const fault = findFault(entry.fault);
    await fault.heal({ view, server: entry.server }, entry.parameters);
    await rm(this.#file(entry), { force: true });
  }

  /**
   * Heals all faults.
   * @returns the healed faults
   * @throws LabError with all failures, after all other faults are healed
   */
  async healAll(say: (message: string) => void = () => {}): Promise<Injected[]> {
    const healed: Injected[] = [];
    const errors: Error[] = [];
    for (const entry of await this.list()) {
      say(`healing ${entry.fault} on ${entry.server}`);
      await this.heal(entry).then(
        () => healed.push(entry),
        (error: Error) => errors.push(error),
      );
    }
    if (errors.length > 0)
      throw new LabError(
        `not everything could be healed: ${errors.map(({ message }) => message).join("; ")}. \`npx lvs-lab heal\` tries again; \`pulumi refresh\` and \`pulumi up\` mend what the lab is made of.`,
        "state",
        { cause: new AggregateError(errors) },
      );
    return healed;
  }

  #file({ fault, server }: Pick<Injected, "fault" | "server">): string {
    return join(this.#directory, `${fault}@${server}.json`);
  }
}

/** The injected faults of the lab in a directory, the latest first; none if there is no such directory. */
export async function injectedIn(labDirectory: string): Promise<Injected[]> {
  const directory = join(labDirectory, "faults");
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const all = await Promise.all(
    names.filter((name) => name.endsWith(".json")).map((name) => readEntry(join(directory, name))),
  );
  return all.filter((entry) => entry !== undefined).sort((one, other) => other.since.localeCompare(one.since));
}

/** An entry; undefined if another process has healed the fault meanwhile. */
async function readEntry(file: string): Promise<Injected | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Injected;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A fault by its id. @throws LabError of kind `misuse` with all ids */
export function findFault(id: string): Fault {
  const fault = faults.find((one) => one.id === id);
  if (!fault)
    throw new LabError(`there is no fault "${id}"; there are ${faults.map((one) => one.id).join(", ")}`, "misuse");
  return fault;
}
