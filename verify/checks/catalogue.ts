import { join } from "node:path";
import { type Control, type Lab, labNames, readLab } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { type Check, settlingTime } from "./check.ts";

/** A check in the catalogue, without a running lab. */
export interface CatalogueEntry {
  readonly id: string;
  readonly title: string;
  readonly role: Check["role"];
  /** Control modes of the labs to which it applies. */
  readonly controls: readonly Control[];
  /** Whether it injects a fault for a moment. */
  readonly faulty: boolean;
  /** Whether that is a reboot, which `--reboots` asks for and not `--faults`. */
  readonly reboots: boolean;
  /** Seconds that the lab may need to settle. */
  readonly settles: number;
  readonly proves: string;
  /** Example from the first such lab and the host of its first subject. */
  readonly example: {
    readonly subject: string;
    readonly expected: string;
    readonly byHand: readonly string[];
    readonly hint: string;
  };
}

/** The textbook's labs come first, so that examples are from them where a check applies to one. */
const textbook = ["dr", "ha"];

/** The labs that examples are from: all of labs/. @throws FileError if a shipped lab file is wrong */
export const readExampleLabs = (): Promise<Lab[]> =>
  Promise.all(
    [...new Set([...textbook, ...labNames()])].map((name) => readLab(join(projectRoot, "labs", `${name}.yaml`))),
  );

/** The catalogue of checks, each with an example from the first of these labs to which it applies. @throws Error if it applies to none */
export const catalogue = (checks: readonly Check[], labs: readonly Lab[]): CatalogueEntry[] =>
  checks.map((check) => {
    const { id, title, role, faulty = false, reboots = false, proves } = check;
    const fitting = labs.filter((one) => check.appliesTo(one));
    const controls = [...new Set(fitting.map(({ control }) => control))];
    const [lab] = fitting;
    const [subject] = lab ? check.subjects(lab) : [];
    if (!lab || !subject) throw new Error(`no example lab has a subject for the check ${id}`);
    return {
      id,
      title,
      role,
      controls,
      faulty,
      reboots,
      settles: settlingTime(check, lab),
      proves,
      example: {
        subject: subject.host,
        expected: check.expected(lab, subject),
        byHand: check.byHand(lab, subject),
        hint: check.hint(lab, subject),
      },
    };
  });
