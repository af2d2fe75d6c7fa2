import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type Class, openClass } from "../../../class/class.ts";
import type { Hand } from "../../../class/hand.ts";
import { labDirectory } from "../../../provision/paths.ts";
import { type CheckResult, labelOf } from "../../../verify/checks/check.ts";
import { type Grade, gradeLab } from "../../../verify/grade/grade.ts";
import type { LabStatus } from "../../../verify/live/status.ts";
import { ClassWatch, type WatchOptions } from "../../../view/class-watch.ts";
import type { Found } from "../../../view/lab-watch.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";

/** How a student's lab answers. */
export interface Course {
  /** How many of its checks pass, in their order. Default: none. */
  readonly done?: number;
  /** What the check after them has seen: it is wrong. Not there: it is not begun. */
  readonly wrong?: string;
  readonly holders?: readonly string[];
  /** Seconds since a key was pressed. */
  readonly idle?: number;
  /** What a look finds in place of an answer. */
  readonly instead?: Found;
  /** What a look ends with. */
  readonly error?: Error;
  /** How long a look takes, in milliseconds; cut, it fails. */
  readonly ms?: number;
}

/**
 * A class whose labs are directories, and answer as a test says. Grades come of the grading's own code; only what a check would see on servers is
 * the test's.
 */
export class ViewedClass {
  readonly all: Class;
  readonly watch: ClassWatch;
  /** Looks, by stack, in the order in which they began. */
  readonly looks: string[] = [];
  readonly #folder: string;
  readonly #courses = new Map<string, Course>();
  readonly #cuts = new Map<string, () => void>();

  private constructor(folder: string, all: Class, options: Partial<WatchOptions>) {
    this.#folder = folder;
    this.all = all;
    this.watch = new ClassWatch(all, {
      labOf: (stack) => ({
        look: () => this.#look(stack),
        cut: () => this.#cuts.get(stack)?.(),
      }),
      reasonOf: (error) => (error as Error).message,
      ...{ atOnce: 8, everyMs: 100 },
      ...options,
    });
  }

  /** `students`: names by id. */
  static async make(
    students: Readonly<Record<string, string>>,
    options: Partial<WatchOptions> = {},
  ): Promise<ViewedClass> {
    const folder = await mkdtemp(join(tmpdir(), "lvs-lab-view-"));
    vi.stubEnv("LVS_LAB_STATE", join(folder, "state"));
    const rows = Object.entries(students).map(([id, name]) => `${id},"${name.replaceAll('"', '""')}"`);
    await writeFile(join(folder, "roster.csv"), ["id,name", ...rows].join("\n"));
    await writeFile(join(folder, "class.yaml"), "name: net1\nexercise: bare\nroster: roster.csv\n");
    const all = await openClass(join(folder, "class.yaml"));
    for (const { stack } of all.members) await mkdir(labDirectory(stack), { recursive: true });
    return new ViewedClass(folder, all, options);
  }

  async end(): Promise<void> {
    vi.unstubAllEnvs();
    await rm(this.#folder, { recursive: true });
  }

  course(id: string, course: Course): void {
    this.#courses.set(`net1.${id}`, course);
  }

  /** Writes a student's hand as it would be without `lvs-lab help-me`. */
  async rawHand(id: string, hand: Hand): Promise<void> {
    await writeFile(join(labDirectory(`net1.${id}`), "hand.json"), JSON.stringify({ version: 1, ...hand }));
  }

  async #look(stack: string): Promise<Found> {
    this.looks.push(stack);
    const { instead, error, ms = 0, ...course } = this.#courses.get(stack) ?? {};
    if (ms > 0)
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        this.#cuts.set(stack, () => {
          clearTimeout(timer);
          reject(new Error("cut"));
        });
      });
    if (error) throw error;
    if (instead) return instead;
    const lab = this.all.members.find((member) => member.stack === stack)?.lab;
    if (!lab) throw new Error(`no student has ${stack}`);
    return { state: "up", words: "up", status: statusOf(stack, lab, course), grade: await gradeOf(stack, lab, course) };
  }
}

type Lab = Class["members"][number]["lab"];

/** What `lvs-lab status` would say. */
export const statusOf = (stack: string, lab: Lab, { holders = [], idle }: Course = {}): LabStatus => ({
  ...{ format: "lvs-lab status", version: 2, lab: lab.name, stack, setup: lab.setup, control: lab.control },
  virtualAddresses: lab.virtualAddresses.map(({ address, network }) => ({ address, network, holders })),
  servers: lab.servers.map(({ name, role, management }) => ({
    ...{ name, role, address: management, domain: "running", reachable: true, addresses: [], services: {} },
    ...(idle === undefined ? {} : { idleSeconds: idle }),
  })),
});

/** The grade of a lab of which so many checks pass. */
export async function gradeOf(stack: string, lab: Lab, { done = 0, wrong }: Course = {}): Promise<Grade> {
  const order: string[] = [];
  const live = { ...(await aLiveLab("bare")), stack, lab };
  return await gradeLab(live, {
    run: async (_live, check, subject): Promise<CheckResult> => {
      const label = labelOf(lab, check, subject);
      const place = order.push(`${check.id} ${label}`) - 1;
      const passed = place < done;
      const isWrong = place === done && wrong !== undefined;
      return {
        ...{ id: check.id, title: check.title, subject: label, host: subject.host, passed, started: passed || isWrong },
        ...{ expected: check.expected(lab, subject), seen: isWrong ? wrong : passed ? "as expected" : "nothing" },
        ...(passed ? {} : { hint: check.hint(lab, subject) }),
        ...{ byHand: [], evidence: [], ms: 1 },
      };
    },
  });
}

/** Thirty names as rosters have them. */
export const thirty: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "Alice Müller",
    "Bob Smith",
    "Carol Ötztürk",
    "Dora Novák",
    "Émile Lefèvre",
    "Fatima al-Zahra",
    "Giorgos Papadopoulos",
    "Hà Nguyễn",
    "Ivan Petrov",
    "Jana Dvořáková",
    "Kofi Mensah",
    "Lena Schmidt",
    "María José Fernández de la Vega y Castellanos",
    "Nils Åström",
    "Olga Kowalska",
    "Pablo Ruiz",
    "Qing Li",
    "Rosa Rossi",
    "Sven Bergström",
    "Tomás Silva",
    "Uma Patel",
    "Víctor Gómez",
    "王小明",
    "Xenia Popescu",
    "Yusuf Demir",
    "Zoë van der Berg",
    "Aaron O’Neill",
    "Beatriz Costa",
    "Chen Wei",
    "Dmitri Sokolov",
  ].map((name, index) => [`st${String(index + 1).padStart(2, "0")}`, name]),
);
