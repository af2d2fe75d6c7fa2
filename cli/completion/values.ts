import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot } from "../../provision/paths.ts";
import { readYaml } from "../../stacks/yaml/document.ts";
import { checkRoles } from "../../verify/check.ts";
import { checks } from "../../verify/checks/index.ts";
import { faults } from "../../verify/faults/index.ts";
import { scenarioNames } from "../../verify/scenarios/index.ts";
import { stacksWithDirectory } from "../lab-directory.ts";
import type { Completed, ValuesOf } from "./complete.ts";

/** What each option and argument of `lvs-lab` takes, by its name. Files are read, Pulumi is not asked: it is to be quick. */
export const valuesOf: ValuesOf = async ({ name, command, stack = process.env.LVS_LAB_STACK || "ha" }) =>
  (await known[`${command} ${name}`]?.(stack)) ?? (await known[name]?.(stack)) ?? named([]);

const named = (names: readonly string[]): Completed => ({ completions: names.map((value) => ({ value })) });
const titled = (all: readonly { id: string; title: string }[]): Completed => ({
  completions: all.map(({ id, title }) => ({ value: id, description: title })),
});
const files: Completed = { completions: [], paths: "files" };
const directories: Completed = { completions: [], paths: "directories" };
const scenarios = async (): Promise<Completed> => ({ ...named(await scenarioNames()), paths: "files" });

const known: Readonly<Record<string, (stack: string) => Completed | Promise<Completed>>> = {
  stack: () => named(stackNames()),
  server: async (stack) => named(await serverNames(stack)),
  "check server": async (stack) => named([...(await serverNames(stack)), "client"]),
  "inventory host": async (stack) => named(await serverNames(stack)),
  fault: () => titled(faults),
  "fault inject server": async (stack) => named([...(await serverNames(stack)), "segment"]),
  only: () => titled(checks),
  role: () => named(checkRoles),
  scenario: scenarios,
  scenarios,
  file: () => files,
  write: () => files,
  junit: () => files,
  report: () => directories,
};

/** The stacks that can be named: lab files that come with the project, stacks that have a file of their own, labs that are there. */
function stackNames(): string[] {
  const inFolder = (folder: string, pattern: RegExp) =>
    readdirSync(join(projectRoot, folder)).flatMap((file) => pattern.exec(file)?.[1] ?? []);
  return [
    ...new Set([
      ...inFolder("labs", /^(.+)\.yaml$/),
      ...inFolder(".", /^Pulumi\.(.+)\.yaml$/),
      ...stacksWithDirectory(),
    ]),
  ].sort();
}

/** The servers of a stack's lab file; none if it cannot be read. */
async function serverNames(stack: string): Promise<string[]> {
  const file = await labFileOf(stack);
  const lab = file === undefined ? undefined : readYaml(await readFile(file, "utf8")).value;
  const servers = (lab as { servers?: unknown } | null | undefined)?.servers;
  return Array.isArray(servers) ? servers.flatMap((one) => (typeof one?.name === "string" ? [one.name] : [])) : [];
}

/** The lab file that a stack's configuration names, else labs/STACK.yaml. */
async function labFileOf(stack: string): Promise<string | undefined> {
  const config = join(projectRoot, `Pulumi.${stack}.yaml`);
  const shipped = join(projectRoot, "labs", `${stack}.yaml`);
  if (existsSync(config)) {
    const { value } = readYaml(await readFile(config, "utf8"));
    const lab = (value as { config?: Record<string, unknown> } | null | undefined)?.config?.["lvs-lab:lab"];
    if (typeof lab === "string") return join(lab.startsWith("/") ? "" : projectRoot, lab);
  }
  return existsSync(shipped) ? shipped : undefined;
}
