import type { Control, Lab } from "../../lab/index.ts";
import { type Check, labelOf } from "./check.ts";

/** A check in the catalogue, without a running lab. */
export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  /** Control modes of the labs to which it applies. */
  readonly controls: readonly Control[];
  /** Whether it injects a fault for a moment. */
  readonly faulty: boolean;
  /** Seconds that the lab may need to settle. */
  readonly settles: number;
  readonly proves: string;
  /** Example from the first such lab and its first subject. */
  readonly example: {
    readonly subject: string;
    readonly expected: string;
    readonly byHand: readonly string[];
    readonly hint: string;
  };
}

/** The catalogue of checks, with examples from a lab of each control mode. */
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
