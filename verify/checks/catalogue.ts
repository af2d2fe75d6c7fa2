import type { Goal, Lab } from "../../lab/lab.ts";
import type { Check } from "./check.ts";

/** A check as the catalogue shows it, with no lab running. */
export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  readonly stages: readonly Goal[];
  /** Whether it breaks something for a moment. */
  readonly faulty: boolean;
  /** Seconds that the lab is given to get there. */
  readonly settles: number;
  readonly proves: string;
  /** As it is in a lab of the first of its stages, of its first subject. */
  readonly example: {
    readonly subject: string;
    readonly expected: string;
    readonly byHand: readonly string[];
    readonly hint: string;
  };
}

/** The catalogue of checks, with examples from a lab of each stage. */
export const catalogue = (checks: readonly Check[], labs: Readonly<Record<Goal, Lab>>): CatalogueEntry[] =>
  checks.map((check) => {
    const { id, title, role, stages, faulty = false, settles = 0, proves } = check;
    const lab = labs[stages[0] ?? "dr"];
    const [subject = "client"] = check.subjects(lab);
    return {
      id,
      title,
      role,
      stages,
      faulty,
      settles,
      proves,
      example: {
        subject,
        expected: check.expected(lab, subject),
        byHand: check.byHand(lab, subject),
        hint: check.hint(lab, subject),
      },
    };
  });
