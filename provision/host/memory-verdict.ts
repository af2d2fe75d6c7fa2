import type { LabMemory } from "./lab-memory.ts";

/** Problem and fix when a lab needs more memory than is free: the out-of-memory killer would end its guests. */
export interface Shortage {
  readonly problem: string;
  readonly fix: string;
}

/** Environment variable that allows `up` despite a shortage. */
export const IGNORE_MEMORY = "LVS_LAB_IGNORE_MEMORY";

/** The shortage, if the lab's servers that do not run yet need more memory than is free. */
export function shortageOf({ need, free }: LabMemory): Shortage | undefined {
  if (need <= free) return undefined;
  return {
    problem: `The lab needs ${needInWords(need)} of memory beside what runs, and ${freeInWords(free)} are free.`,
    fix:
      "take another lab down (npm run down -- -s NAME), set a smaller `memory:` in the lab file, or bring up a lab with fewer servers " +
      `(dr instead of ha). ${IGNORE_MEMORY}=1 skips this check.`,
  };
}

export interface Circumstances {
  readonly preview: boolean;
  readonly ignored: boolean;
}

/**
 * Whether `up` is refused, warned, or neither. A lab with a running server is never refused: the others may be off on purpose. A preview is
 * not either, because it starts nothing.
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

/** Rounded up, and free memory rounded down, so that a small shortage stays visible. */
export const needInWords = (bytes: number): string => inGiB(Math.ceil, bytes);
export const freeInWords = (bytes: number): string => inGiB(Math.floor, bytes);

/** With one decimal. */
const inGiB = (round: (value: number) => number, bytes: number): string =>
  `${(round((bytes / 2 ** 30) * 10) / 10).toFixed(1)} GiB`;
