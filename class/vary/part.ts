import type { Lab } from "../../lab/index.ts";
import type { LabInput } from "../../lab/schema.ts";

/** A lab file's data that parts change. */
type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
export type LabData = Mutable<LabInput>;

/** Where a student's values come from. */
export interface Draws {
  /**
   * A whole number from 0 up to but not including `below`: the same for the same student, part and label, and unknown to who has not the class's secret.
   * @param label what it is for
   * @param attempt from 0: another number for each
   */
  number(label: string, below: number, attempt?: number): number;
  /** A text of so many lower-case letters and digits, the first one a letter. */
  text(label: string, length: number): string;
}

/** What may differ between the labs of a class. */
export interface Part {
  /** What it changes, for the documentation. */
  readonly title: string;
  /**
   * Changes the data of the exercise's file.
   * @param lab the exercise, complete
   * @throws VaryError if the exercise leaves no other value
   */
  apply(data: LabData, lab: Lab, draws: Draws): void;
}

/** The exercise leaves no other value for a part. The message says why, and what to do. */
export class VaryError extends Error {
  override readonly name = "VaryError";
}

/** How often a value is drawn again before there is none: with half of all values taken, the chance to miss is 2 to the power of -64. */
const ATTEMPTS = 64;

/** The first number drawn that is allowed; where chance finds none, the first allowed one. Undefined: none is. */
export function drawAllowed(
  draws: Draws,
  label: string,
  { from, to }: { readonly from: number; readonly to: number },
  isAllowed: (value: number) => boolean,
): number | undefined {
  const size = to - from + 1;
  if (size < 1) return undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const value = from + draws.number(label, size, attempt);
    if (isAllowed(value)) return value;
  }
  for (let value = from; value <= to; value += 1) if (isAllowed(value)) return value;
  return undefined;
}
