import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import { labFileOf, labNames } from "../lab/index.ts";
import { parseFile, readText } from "../lab/yaml/file.ts";
import { didYouMean } from "../lab/yaml/nearest.ts";
import { findingsOf, type Rule } from "../lab/yaml/rules.ts";
import { machineNamed } from "../provision/host/remote/machine-url.ts";
import { projectRoot } from "../provision/paths.ts";
import { type ClassDraft, classSchema } from "./schema.ts";
import type { VaryPart } from "./vary/index.ts";

/** The name that a class file has where none is given. */
export const CLASS_FILE = "class.yaml";

/** Where students come in. */
export interface DoorFile {
  readonly port: number;
  /** An address of this machine. */
  readonly address: string;
  /** The name by which students know this machine. */
  readonly host: string;
  /** Whether the menu's shells are recorded. */
  readonly record: boolean;
}

/** A class as its file describes it. Paths are absolute. */
export interface ClassFile {
  readonly file: string;
  readonly name: string;
  /** The lab file that everybody's lab comes from. */
  readonly exercise: string;
  readonly roster: string;
  /** `private`, this machine, or `ssh://…`; in the order of the file, each once. */
  readonly machines: readonly string[];
  /** On each machine. Not there: as many as this machine's processors allow. */
  readonly labsAtOnce?: number;
  readonly deadline?: Date;
  /** Empty: all labs are alike. */
  readonly vary: readonly VaryPart[];
  /** What `lvs-lab guide` is told. */
  readonly guide: { readonly hintCost: number; readonly steps: readonly string[] };
  /** Not there: students have no way in of their own. */
  readonly door?: DoorFile;
}

/** What a class file is held against. */
export interface ClassContext {
  /** The directory from which its paths start. */
  readonly directory: string;
  hasFile(path: string): boolean;
}

/** The lab file that an exercise names: one of labs/ by its name, else a path that starts at the class file's directory. */
const exerciseFile = (exercise: string, directory: string): string =>
  labNames().includes(exercise) ? join(projectRoot, labFileOf(exercise) ?? "") : resolve(directory, exercise);

/** What properties of a class file must be to one another, and to what is on the disk. */
export const classRules: Record<string, Rule<ClassDraft, ClassContext>> = {
  *"no-such-exercise"({ exercise }, { directory, hasFile }) {
    if (exercise === undefined || hasFile(exerciseFile(exercise, directory))) return;
    yield {
      path: ["exercise"],
      expected: "a lab file that is there, or the name of one in labs/",
      remedy: didYouMean(exercise, labNames()) ?? `choose one of ${labNames().join(", ")}, or correct the path`,
    };
  },

  *"no-such-roster"({ roster }, { directory, hasFile }) {
    if (roster === undefined || hasFile(resolve(directory, roster))) return;
    yield {
      path: ["roster"],
      expected: "a file that is there",
      remedy: `correct the path, which starts at ${directory}, or write the file: its first line is \`id,name,email,key\``,
    };
  },

  *"no-such-step-file"({ guide }, { directory, hasFile }) {
    for (const [index, step] of (guide?.steps ?? []).entries())
      if (step !== undefined && !hasFile(resolve(directory, step)))
        yield {
          path: ["guide", "steps", index],
          expected: "a file that is there",
          remedy: `correct the path, which starts at ${directory}, or write the file: docs/guide.md has a whole one`,
        };
  },

  *"vary-twice"({ vary = [] }) {
    for (const [index, part] of vary.entries()) {
      const earlier = vary.indexOf(part);
      if (part !== undefined && earlier < index)
        yield {
          path: ["vary", index],
          expected: "each part once",
          remedy: "remove one of the two",
          other: ["vary", earlier],
        };
    }
  },

  *"vary-without-token"({ vary = [] }) {
    // What an invalid part stands for is not known.
    if (vary.length === 0 || vary.includes("token") || vary.includes(undefined as never)) return;
    yield {
      path: ["vary"],
      atKey: true,
      expected: "token among them: of small numbers, two students may get the same",
      found: "none",
      remedy: "add `token`",
    };
  },
};

/**
 * The class that a text describes.
 * @param file the file's path, from which its paths start
 * @throws FileError with everything that is wrong
 */
export function parseClass(text: string, file: string, hasFile: (path: string) => boolean = existsSync): ClassFile {
  const directory = dirname(resolve(file));
  const { contents } = parseFile(text, file, {
    schema: classSchema,
    rules: (draft) => findingsOf(classRules, draft as ClassDraft, { directory, hasFile }),
  });
  const { name, exercise, roster, machines, labsAtOnce, deadline, vary, guide, door } = contents;
  return {
    file: resolve(file),
    name,
    exercise: exerciseFile(exercise, directory),
    roster: resolve(directory, roster),
    machines: [...new Set(machines.flatMap((text) => machineNamed(text) ?? []))],
    ...(labsAtOnce === undefined ? {} : { labsAtOnce }),
    ...(deadline === undefined ? {} : { deadline: new Date(deadline) }),
    vary,
    guide: { hintCost: guide.hintCost, steps: guide.steps.map((step) => resolve(directory, step)) },
    ...(door === undefined ? {} : { door: { ...door, host: door.host ?? hostAt(door.address) } }),
  };
}

/** What students call a machine that listens at an address: by that, or by its own name if it is all of them. */
const hostAt = (address: string): string => (/^(0\.0\.0\.0|[0:]+)$/.test(address) ? hostname() : address);

/** The class of a file. @throws FileError with everything that is wrong, or that the file cannot be read */
export async function readClass(file: string): Promise<ClassFile> {
  const remedy = "check the path; `name`, `exercise` and `roster` are what it must have: see docs/classroom.md";
  return parseClass(await readText(file, "a class file", remedy), file);
}
