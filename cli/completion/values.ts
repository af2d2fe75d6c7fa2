import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CLASS_FILE, readClass } from "../../class/file.ts";
import { stepsOf } from "../../class/guide/steps/index.ts";
import { readRoster } from "../../class/roster.ts";
import { labFileOf, labNames, readLab } from "../../lab/index.ts";
import { readYaml } from "../../lab/yaml/document.ts";
import { projectRoot } from "../../provision/paths.ts";
import { checkRoles } from "../../verify/checks/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { faults } from "../../verify/faults/index.ts";
import { scenarioNames } from "../../verify/scenarios/index.ts";
import { configuredLab } from "../configured-lab.ts";
import { labDirectories } from "../doctor/labs.ts";
import { labFileNamed } from "../explain/lab-file.ts";
import { snapshotNames } from "../snapshots.ts";
import type { Completed, ValuesOf } from "./complete.ts";

/** Completion values of each option and argument of `lvs-lab`, by name. Reads files and never runs Pulumi, for speed. */
export const valuesOf: ValuesOf = async ({ name, command, given, stack = process.env.LVS_LAB_STACK || "ha" }) =>
  (await known[`${command} ${name}`]?.(stack, given)) ?? (await known[name]?.(stack, given)) ?? named([]);

const named = (names: readonly string[]): Completed => ({ completions: names.map((value) => ({ value })) });
const titled = (all: readonly { id: string; title: string }[]): Completed => ({
  completions: all.map(({ id, title }) => ({ value: id, description: title })),
});
const files: Completed = { completions: [], paths: "files" };
const directories: Completed = { completions: [], paths: "directories" };
const scenarios = async (): Promise<Completed> => ({ ...named(await scenarioNames()), paths: "files" });

const known: Readonly<Record<string, (stack: string, given: readonly string[]) => Completed | Promise<Completed>>> = {
  stack: async () => named(await stackNames()),
  server: async (stack) => named(await serverNames(stack)),
  "check server": async (stack) => named([...(await serverNames(stack)), "client"]),
  "explain lab": () => ({ ...named(labNames()), paths: "files" }),
  "explain server": async (_stack, [lab = ""]) => {
    const servers = await serversIn(labFileNamed(lab));
    return named(servers.length > 0 ? [...servers, "client"] : []);
  },
  step: async (stack) => titled(await guideSteps(stack)),
  hints: async (stack) => titled(await guideSteps(stack)),
  ownStep: () => files,
  "inventory host": async (stack) => named(await serverNames(stack)),
  fault: () => titled(faults),
  "fault inject server": async (stack) => named([...(await serverNames(stack)), "segment"]),
  "restore snapshot": async (stack) => named(await snapshotNames(stack)),
  remove: async (stack) => named(await snapshotNames(stack)),
  only: () => titled(checks),
  role: () => named(checkRoles),
  scenario: scenarios,
  scenarios,
  student: async () => named(await studentIds()),
  "class exec on": async () => named([...(await classServers()), "client"]),
  csv: () => files,
  file: () => files,
  write: () => files,
  html: () => files,
  junit: () => files,
  out: () => files,
  folder: () => directories,
  into: () => directories,
  key: () => files,
  report: () => directories,
};

/** The ids of the class in this directory; none if there is no class, or something is wrong with it. */
const studentIds = async (): Promise<string[]> =>
  await readClass(CLASS_FILE)
    .then(async ({ roster }) => (await readRoster(roster)).map(({ id }) => id))
    .catch(() => []);

/** The servers of the exercise of the class in this directory. */
const classServers = async (): Promise<string[]> =>
  await readClass(CLASS_FILE)
    .then(async ({ exercise }) => await serversIn(exercise))
    .catch(() => []);

/** Stack names: the shipped lab files, stacks with a stack file, and existing labs. */
async function stackNames(): Promise<string[]> {
  const configured = readdirSync(projectRoot).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  const labs = (await labDirectories()).map(({ stack }) => stack);
  return [...new Set([...labNames(), ...configured, ...labs])].sort();
}

/** The guide's steps of a stack's lab file; none if it cannot be read. */
async function guideSteps(stack: string): Promise<{ id: string; title: string }[]> {
  const file = labFileOf(stack, await configuredLab(stack));
  if (file === undefined) return [];
  return await readLab(resolve(projectRoot, file)).then(
    (lab) => stepsOf({ lab, stack }),
    () => [],
  );
}

/** The servers of a stack's lab file; none if it cannot be read. */
async function serverNames(stack: string): Promise<string[]> {
  const file = labFileOf(stack, await configuredLab(stack));
  return file === undefined ? [] : await serversIn(resolve(projectRoot, file));
}

/** The servers of a lab file; none if it cannot be read. */
async function serversIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  const servers = text ? (readYaml(text).value as { servers?: unknown } | null | undefined)?.servers : undefined;
  return Array.isArray(servers) ? servers.flatMap((one) => (typeof one?.name === "string" ? [one.name] : [])) : [];
}
