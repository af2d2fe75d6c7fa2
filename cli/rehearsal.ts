import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { labDirectory } from "../provision/paths.ts";
import { type Folder, FolderError, readFolder } from "../rehearse/folder.ts";
import { subjectOf } from "../rehearse/lint/index.ts";
import { contextOf, PLAN, parsePlan, readPlan } from "../rehearse/plan/file.ts";
import { inferPlan } from "../rehearse/plan/infer.ts";
import type { Plan } from "../rehearse/plan/plan.ts";
import { planText } from "../rehearse/plan/write.ts";
import { configuredNext } from "./configured-lab.ts";
import { CliError, exitStatus } from "./exit-status.ts";
import { createStack, must } from "./pulumi.ts";

/** The folder of configurations that a command line names. @throws CliError if it has none */
export function folderAt(path: string): Folder {
  try {
    return readFolder(path);
  } catch (error) {
    if (error instanceof FolderError) throw new CliError(error.message, exitStatus.configuration, { cause: error });
    throw error;
  }
}

/** What a command line says of the folders to rehearse. */
export interface FoldersGiven {
  readonly folder: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * The folders that a command line names: one, or of a roll-out the old one and the new; undefined: none.
 * @param fix what to write instead of anything else
 * @throws CliError for anything else
 */
export function foldersGiven(
  { folder, from, to }: FoldersGiven,
  fix: string,
): [folder: string] | [from: string, to: string] | undefined {
  if (from === undefined && to === undefined) return folder === undefined ? undefined : [folder];
  if (from !== undefined && to !== undefined && folder === undefined) return [from, to];
  throw foldersWanted(fix);
}

/** The error where a command line names no folder, or not what is wanted. */
export const foldersWanted = (fix: string): CliError =>
  new CliError(`expected a folder, or --from OLD --to NEW. Fix: ${fix}`, exitStatus.configuration);

/** The folder that a command line names, by itself or by all of its configurations. @throws CliError if these are not all */
export function folderOf(paths: readonly string[]): string {
  const [first = "."] = paths;
  if (paths.length === 1 && !first.endsWith(".conf")) return first;
  const inFolders = paths.length > 1 && paths.every((path) => basename(path) === "keepalived.conf");
  const folders = new Set(paths.map((path) => (inFolders ? dirname(dirname(path)) : dirname(path))));
  const [folder = "."] = folders;
  const given = new Set(paths.map((path) => resolve(path)));
  const others = folderAt(folder)
    .configurations.map(({ file }) => join(folder, file))
    .filter((file) => !given.has(resolve(file)));
  if (folders.size === 1 && others.length === 0) return folder;
  const problem =
    folders.size > 1
      ? `the configurations are in several folders, ${[...folders].join(", ")}`
      : `${folder} has other configurations, ${others.map((one) => relative(folder, one)).join(", ")}`;
  throw new CliError(
    `${problem}. Fix: put the directors' configurations into a folder of their own, NAME.conf or NAME/keepalived.conf for each`,
    exitStatus.configuration,
  );
}

/** The plan of a folder. @throws FileError with everything that is wrong */
export const planAt = async (path: string): Promise<Plan> => await readPlan(folderAt(path));

/**
 * Writes a folder's `rehearsal.yaml` and tells what was assumed and what is missing.
 * @throws CliError if there is one, unless it is to be replaced; FileError if what was written needs somebody's hand, as of addresses that a rehearsal needs itself
 */
export function writePlan(
  path: string,
  { force = false, say }: { force?: boolean; say: (line: string) => void },
): void {
  const folder = folderAt(path);
  const file = join(path, PLAN);
  if (existsSync(file) && !force)
    throw new CliError(`${file} is there already. Fix: edit it, or replace it with --force`, exitStatus.configuration);
  const { directors } = subjectOf(folder);
  const inferred = inferPlan(folder, directors);
  const text = planText(inferred);
  writeFileSync(file, text);
  say(`${file}: written`);
  for (const what of ["assumed", "missing"] as const)
    for (const [part, sentences] of inferred[what]) for (const one of sentences) say(`  ${what}, ${part}: ${one}`);
  parsePlan(text, file, contextOf(folder));
}

/** The name of the stack that rehearses a folder, where none is given. */
export function rehearsalStack(path: string): string {
  const name = `rehearse-${basename(resolve(path))}`.replace(/[^A-Za-z0-9._]+/g, "-").slice(0, 40);
  return name.replace(/[-._]+$/, "");
}

/**
 * Makes a stack the rehearsal of a folder.
 * @param to a folder whose files are to replace these
 * @throws CliError if the stack is a lab, or another folder's rehearsal, that is up
 */
export async function configureRehearsal(stack: string, path: string, to?: string): Promise<void> {
  await createStack(stack);
  const before = (await must("config", "get", "rehearsal", "--stack", stack).catch(() => "")).trim();
  if (before !== resolve(path) && existsSync(labDirectory(stack)))
    throw new CliError(
      `the stack "${stack}" is ${before === "" ? "a lab" : `the rehearsal of ${before}`} that is up. Fix: choose another one with --stack, or take it down first`,
      exitStatus.configuration,
    );
  await must("config", "set", "rehearsal", resolve(path), "--stack", stack);
  if (to !== undefined) await must("config", "set", "rehearsalTo", resolve(to), "--stack", stack);
  else if (await configuredNext(stack)) await must("config", "rm", "rehearsalTo", "--stack", stack);
}
