import type { LabMemory } from "./lab-memory.ts";

/** The problem and its fix of a lab that needs more memory than is free: it would meet the out-of-memory killer. */
export interface Shortage {
  readonly problem: string;
  readonly fix: string;
}

/** The environment variable that brings a lab up in spite of a shortage. */
export const IGNORE_MEMORY = "LVS_LAB_IGNORE_MEMORY";

/** The shortage, if the servers of a lab that do not run yet need more memory than is free. */
export function shortageOf({ need, free }: LabMemory): Shortage | undefined {
  if (need <= free) return undefined;
  return {
    problem: `The lab needs ${needInWords(need)} of memory beside what runs, and ${freeInWords(free)} are free.`,
    fix:
      "take another lab down (npm run down -- -s NAME), set a smaller `memory:` in the lab file, or bring up a lab with fewer servers " +
      `(dr instead of ha). ${IGNORE_MEMORY}=1 brings it up all the same.`,
  };
}

export interface Circumstances {
  readonly preview: boolean;
  readonly ignored: boolean;
}

/**
 * Whether an `up` is refused, warned of, or neither. A lab with a running server is never refused: the others may be off on purpose.
 * Neither is a preview, which starts nothing.
 */
export function verdictOn(
  memory: LabMemory,
  { preview, ignored }: Circumstances,
): { refusal?: string; warning?: string } {
  const shortage = shortageOf(memory);
  if (!shortage) return {};
  const message = `${shortage.problem}\nFix: ${shortage.fix}`;
  return ignored || preview || memory.running.length > 0 ? { warning: message } : { refusal: message };
}

/** Rounded up, and free memory down, so that a small shortage is still visible. */
export const needInWords = (bytes: number): string => inGiB(Math.ceil, bytes);
export const freeInWords = (bytes: number): string => inGiB(Math.floor, bytes);

/** To a tenth. */
const inGiB = (round: (value: number) => number, bytes: number): string =>
  `${(round((bytes / 2 ** 30) * 10) / 10).toFixed(1)} GiB`;
