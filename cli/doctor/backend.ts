import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { labHostRef } from "../../provision/host/reach.ts";

/** A stack in Pulumi's directory. */
export interface KnownStack {
  readonly stack: string;
  /** The directories of its lab host: one, or more while it is replaced. */
  readonly recorded: readonly string[];
  /** The same, plus those of pending operations. */
  readonly directories: readonly string[];
}

/** Contents of a directory that is Pulumi's backend. */
export interface Backend {
  readonly stacks: readonly KnownStack[];
  /** Unreadable states. */
  readonly damaged: readonly { stack: string; file: string; why: string }[];
  /** Whether Pulumi has ever stored stacks of this project here. */
  readonly used: boolean;
}

const resource = z.object({ type: z.string(), inputs: z.record(z.string(), z.unknown()).nullish() });
const checkpoint = z.object({
  checkpoint: z.object({
    latest: z
      .object({ resources: z.array(resource).nullish(), pending_operations: z.array(z.object({ resource })).nullish() })
      .nullish(),
  }),
});

/** Reads the `.pulumi` directory of a backend. Does not run `pulumi`. */
export async function readBackend(backend: string): Promise<Backend> {
  const directory = join(backend, "stacks/lvs-lab");
  const names = await readdir(directory).catch(() => undefined);
  const stacks: KnownStack[] = [];
  const damaged: { stack: string; file: string; why: string }[] = [];
  for (const name of names ?? []) {
    const [, stack] = /^(.+)\.json(?:\.gz)?$/.exec(name) ?? [];
    if (stack === undefined) continue;
    const file = join(directory, name);
    try {
      stacks.push(knownStack(stack, await readState(file)));
    } catch (error) {
      const why = error instanceof z.ZodError ? "its format is unknown" : (error as Error).message;
      damaged.push({ stack, file, why });
    }
  }
  return { stacks, damaged, used: names !== undefined };
}

async function readState(file: string): Promise<unknown> {
  const content = await readRegularFile(file);
  return JSON.parse((file.endsWith(".gz") ? gunzipSync(content) : content).toString("utf8"));
}

/** Reads a file; refuses devices and pipes, which could block the reader. */
export async function readRegularFile(file: string): Promise<Buffer> {
  if (!(await stat(file)).isFile()) throw new Error("it is not a regular file");
  return await readFile(file);
}

function knownStack(stack: string, state: unknown): KnownStack {
  const { latest } = checkpoint.parse(state).checkpoint;
  const hostsOf = (resources: readonly z.output<typeof resource>[]): string[] =>
    resources
      .filter(({ type }) => type === "lvs:index:LabHost")
      .flatMap(({ inputs }) => labHostRef.safeParse(inputs?.host).data?.directory ?? []);
  const recorded = hostsOf(latest?.resources ?? []);
  const pending = hostsOf((latest?.pending_operations ?? []).map((one) => one.resource));
  return { stack, recorded, directories: [...recorded, ...pending] };
}

/** Whether a stack's lab may be in a directory. An unreadable state may refer to any directory. */
export const mayKnow = ({ stacks, damaged }: Backend, directory: string): boolean =>
  damaged.length > 0 || stacks.some(({ directories }) => directories.includes(directory));

/** The backend of the state directory that contains a lab's directory, if there is one. */
export function backendBeside(directory: string): string | undefined {
  const labs = dirname(directory);
  const backend = join(dirname(labs), "pulumi/.pulumi");
  return basename(labs) === "labs" && existsSync(backend) ? backend : undefined;
}
