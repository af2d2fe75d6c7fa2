import { resolve } from "node:path";
import { FileError, formatFileError, labFileOf, labNames, readLab } from "../../lab/index.ts";
import { labMemory } from "../../provision/host/lab-memory.ts";
import { shortageOf } from "../../provision/host/memory-verdict.ts";
import { labHostIn } from "../../provision/host/reach.ts";
import { labDirectory, projectRoot } from "../../provision/paths.ts";
import { configuredLab } from "../configured-lab.ts";
import type { Finding } from "./finding.ts";

/** Memory that a stack's lab needs, and free memory, in bytes. */
export interface StackMemory {
  readonly stack: string;
  /** Maximum memory of its servers that do not run. */
  readonly need: number;
  readonly free: number;
}

/** Whether a stack's lab fits into free memory. */
export async function lookAtMemory(stack: string): Promise<{ memory?: StackMemory; findings: Finding[] }> {
  const about = { kind: "memory", level: "error" } as const;
  const file = labFileOf(stack, await configuredLab(stack));
  if (file === undefined) {
    const problem = `There is no lab "${stack}". Labs: ${labNames().join(", ")}.`;
    return {
      findings: [{ ...about, problem, fix: "name one of them, or a stack whose configuration names a lab file" }],
    };
  }
  const lab = await readLab(resolve(projectRoot, file)).catch((error) => {
    if (error instanceof FileError) return error;
    throw error;
  });
  if (lab instanceof FileError) {
    const problem = `The lab file of the stack ${stack} is not valid:\n${formatFileError(lab)}`;
    return { findings: [{ ...about, problem, fix: `correct the file; npx lvs-lab validate ${file} checks it` }] };
  }
  const memory = await labMemory(labHostIn(labDirectory(stack)), lab.servers);
  const shortage = shortageOf(memory);
  return {
    memory: { stack, need: memory.need, free: memory.free },
    findings: shortage ? [{ ...about, ...shortage }] : [],
  };
}
