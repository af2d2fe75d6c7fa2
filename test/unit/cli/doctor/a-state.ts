import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import type { Finding } from "../../../../cli/doctor/finding.ts";

/** A state directory, a cache and a home of a test's own, with Pulumi's directory in it. They go when the test ends. */
export async function aState() {
  const scratch = await mkdtemp(join(tmpdir(), "lvs-doctor-"));
  const state = join(scratch, "s");
  const cache = join(scratch, "c");
  const backend = join(state, "pulumi/.pulumi");
  const stacks = join(backend, "stacks/lvs-lab");
  await mkdir(stacks, { recursive: true });
  for (const [name, value] of Object.entries({ LVS_LAB_STATE: state, LVS_LAB_CACHE: cache, HOME: scratch }))
    vi.stubEnv(name, value);
  for (const name of Object.keys(process.env).filter((one) => one.startsWith("PULUMI_"))) vi.stubEnv(name, undefined);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(scratch, { recursive: true, force: true });
  });

  const resource = (directory: string) => ({
    urn: "urn:pulumi:x::lvs-lab::lvs:index:LabHost::host",
    type: "lvs:index:LabHost",
    inputs: { host: { kind: "private", directory }, packages: "/nowhere" },
  });
  /** Writes what Pulumi knows of a stack: the directories of its lab host. */
  const know = async (
    stack: string,
    { recorded = [], pending = [] }: { recorded?: string[]; pending?: string[] } = {},
  ) => {
    const latest = {
      manifest: { time: "2026-01-01T00:00:00Z" },
      resources: [{ urn: "urn:stack", type: "pulumi:pulumi:Stack" }, ...recorded.map(resource)],
      ...(pending.length > 0
        ? { pending_operations: pending.map((directory) => ({ resource: resource(directory), type: "creating" })) }
        : {}),
    };
    const file = join(stacks, `${stack}.json`);
    await writeFile(file, JSON.stringify({ version: 3, checkpoint: { stack, latest } }));
    return file;
  };
  /** Writes a lock of Pulumi's, as that does. */
  const lock = async (stack: string, content: object | string) => {
    const directory = join(backend, "locks/organization/lvs-lab", stack);
    await mkdir(directory, { recursive: true });
    const file = join(directory, "0b1c.json");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };
  return { scratch, state, cache, backend, stacks, know, lock, lab: (stack: string) => join(state, "labs", stack) };
}

/** What is told of findings, for comparison: the words, and whether something can be done about them. */
export const told = (findings: readonly Finding[]) =>
  findings.map(({ kind, level, repair }) => `${level} ${kind}${repair ? ", can be fixed" : ""}`);
