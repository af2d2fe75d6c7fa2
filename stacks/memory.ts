import type { LabMemory } from "../provision/index.ts";

/** What is said of a lab that the machine has not the memory for: it would meet the out-of-memory killer. */
export interface Shortage {
  readonly problem: string;
  readonly fix: string;
}

/** Brings a lab up in spite of a shortage. */
export const IGNORE_MEMORY = "LVS_LAB_IGNORE_MEMORY";

/** Whether the machine has too little memory for what does not run of a lab. */
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
 * What becomes of a run of the program. A lab of which a server runs is never refused: what is missing of it may be off on purpose. A preview
 * starts nothing, and is not refused either.
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

/** Rounded up, and what is free down: what is short by a little does not look enough. */
export const needInWords = (bytes: number): string => inGiB(Math.ceil, bytes);
export const freeInWords = (bytes: number): string => inGiB(Math.floor, bytes);

/** To a tenth. */
const inGiB = (round: (value: number) => number, bytes: number): string =>
  `${(round((bytes / 2 ** 30) * 10) / 10).toFixed(1)} GiB`;
