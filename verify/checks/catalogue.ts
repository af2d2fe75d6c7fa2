import type { Control, Lab } from "../../lab/index.ts";
import { type Check, labelOf } from "./check.ts";

/** A check as the catalogue shows it, with no lab running. */
export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  /** Who is in control of the labs that it is for. */
  readonly controls: readonly Control[];
  /** Whether it breaks something for a moment. */
  readonly faulty: boolean;
  /** Seconds that the lab is given to get there. */
  readonly settles: number;
  readonly proves: string;
  /** As it is in the first of those labs, of its first subject. */
  readonly example: {
    readonly subject: string;
    readonly expected: string;
    readonly byHand: readonly string[];
    readonly hint: string;
  };
}

/** The catalogue of checks, with examples from a lab of each control. */
export const catalogue = (checks: readonly Check[], labs: Readonly<Record<Control, Lab>>): CatalogueEntry[] =>
  checks.map((check) => {
    const { id, title, role, faulty = false, settles = 0, proves } = check;
    const controls = (Object.keys(labs) as Control[]).filter((control) => check.appliesTo(labs[control]));
    const lab = labs[controls[0] ?? "ipvsadm"];
    const [subject = { host: "client" }] = check.subjects(lab);
    return {
      id,
      title,
      role,
      controls,
      faulty,
      settles,
      proves,
      example: {
        subject: labelOf(lab, check, subject),
        expected: check.expected(lab, subject),
        byHand: check.byHand(lab, subject),
        hint: check.hint(lab, subject),
      },
    };
  });
