import { cp, lstat, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Class, Member } from "../../class/class.ts";
import { MANIFEST, type Manifest } from "../../class/collection/manifest.ts";
import { seal, verifyFolder } from "../../class/collection/seal.ts";
import { fingerprintOf, readPublicKey, signingKey } from "../../class/collection/signing-key.ts";
import { progressOf } from "../../class/guide/progress-file.ts";
import { type Mark, marksAsCsv, marksOf } from "../../class/marks.ts";
import { labDirectory } from "../../provision/paths.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { type ClassTools, forEach, type Task } from "./each.ts";
import { ARCHIVE_LIMIT, FILES_SCRIPT, STATE_SCRIPT } from "./evidence.ts";
import { hasLab } from "./stacks.ts";
import { gradeLab, markOf } from "./verbs.ts";

export interface CollectOptions {
  /** The folder that gets a folder for each student. */
  readonly into: string;
  /** The directory of the reports. */
  readonly reports: string;
  /** For tests. */
  readonly now?: () => Date;
}

/**
 * Writes a folder for each student, with their marks and what shows how they came about, and signs it. A folder of an earlier collection is replaced once
 * the new one is whole.
 * @returns the exit status
 */
export async function classCollect(
  all: Class,
  members: readonly Member[],
  tools: ClassTools,
  options: CollectOptions,
): Promise<number> {
  const key = await signingKey(all.directory.path);
  const into = resolve(options.into);
  await mkdir(into, { recursive: true });
  const task: Task<{ mark: Mark; manifest: Manifest }> = {
    doing: "collects",
    done: ({ mark, manifest }) => {
      const points = mark.grade ? `${mark.grade.score.points} of ${mark.grade.score.of} points` : "no grade";
      return [points, `${manifest.files.length} files`, ...manifest.missing].join(", ");
    },
    run: async (member, { signal, say }) => {
      const part = join(into, `.${member.id}.part`);
      await rm(part, { recursive: true, force: true });
      await mkdir(part);
      try {
        const { mark, missing } = await gather(all, member, part, { ...options, tools, signal, say });
        const collected = (options.now ?? (() => new Date()))();
        const { id, name, stack } = member;
        const about = {
          ...{ class: all.name, exercise: all.exercise, student: { id, name }, stack },
          collectedAt: collected.toISOString(),
          ...(all.deadline ? { deadline: all.deadline.toISOString(), late: collected > all.deadline } : {}),
          missing,
        };
        const manifest = await seal(part, about, key);
        await replace(part, join(into, id));
        return { mark, manifest };
      } finally {
        await rm(part, { recursive: true, force: true });
      }
    },
  };
  const { outcomes, status } = await forEach(all, members, task, tools);
  const marks = outcomes.flatMap((outcome) => (outcome.state === "done" ? [outcome.value.mark] : []));
  await writeFile(join(into, "marks.csv"), marksAsCsv(marksOf(all, marks)));
  tools.out.write(`${into}: signed with the key ${fingerprintOf(key)} of the class\n`);
  return status;
}

async function replace(from: string, to: string): Promise<void> {
  const old = `${to}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(to, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(from, to);
  await rm(old, { recursive: true, force: true });
}

interface Gathering extends CollectOptions {
  readonly tools: ClassTools;
  readonly signal: AbortSignal;
  say(what: string): void;
}

/** Writes a student's files into a folder. @returns the mark, and what could not be had, a sentence each */
async function gather(
  all: Class,
  member: Member,
  folder: string,
  { tools, reports, signal, say }: Gathering,
): Promise<{ mark: Mark; missing: string[] }> {
  const { stack, lab, labFile } = member;
  const missing: string[] = [];
  await cp(labFile, join(folder, "lab.yaml"));
  await copyIfThere(all.directory.sessions(stack), join(folder, "sessions"));
  if (!hasLab(stack)) {
    missing.push("the lab is not up");
    return { mark: await markOf(all, member, { problem: "no lab" }), missing };
  }
  say("grades");
  const grade = await gradeLab(member, tools, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    missing.push(`the lab could not be graded: ${(error as Error).message}`);
    return undefined;
  });
  if (grade) await writeFile(join(folder, "grade.json"), `${JSON.stringify(grade, null, 2)}\n`);
  for (const { name } of lab.servers) {
    say(`looks at ${name}`);
    const ask = async (script: string): Promise<string | undefined> => {
      const { status, stdout } = await tools.run(["ssh", "--stack", stack, name, "--", "bash", "-c", script], {
        signal,
      });
      signal.throwIfAborted();
      return status === exitStatus.ok ? stdout : undefined;
    };
    const [state, archive] = [await ask(STATE_SCRIPT), await ask(FILES_SCRIPT)];
    if (state === undefined || archive === undefined) missing.push(`${name} could not be asked for everything`);
    await mkdir(join(folder, "servers", name), { recursive: true });
    if (state !== undefined) await writeFile(join(folder, "servers", name, "state.txt"), state);
    if (archive === undefined) continue;
    const bytes = Buffer.from(archive, "base64");
    if (bytes.length === ARCHIVE_LIMIT) missing.push(`the files of ${name} are cut off at 16 MiB`);
    await writeFile(join(folder, "servers", name, "files.tar.gz"), bytes);
  }
  say("copies");
  await copyIfThere(join(labDirectory(stack), "transcripts"), join(folder, "transcripts"));
  const progress = await progressOf(stack);
  if (progress) await writeFile(join(folder, "guide.json"), `${JSON.stringify(progress, null, 2)}\n`);
  for (const report of await reportsOf(stack, reports))
    await copyIfThere(join(reports, report), join(folder, "reports", report));
  return { mark: await markOf(all, member, grade ? { grade } : { problem: missing[0] ?? "not graded" }), missing };
}

async function copyIfThere(from: string, to: string): Promise<void> {
  const there = await stat(from).catch(() => undefined);
  // Links would lead out of the folder, and sockets cannot be copied.
  if (there) await cp(from, to, { recursive: true, filter: async (file) => isPlain(await lstat(file)) });
}

const isPlain = (one: { isFile(): boolean; isDirectory(): boolean }): boolean => one.isFile() || one.isDirectory();

/** The reports of a stack's runs: their directories are called `TIME-STACK-SCENARIO`. */
async function reportsOf(stack: string, reports: string): Promise<string[]> {
  const names = await readdir(reports).catch(() => []);
  return names.filter((name) => /^[\dT-]{19}-/.test(name) && name.slice(20).startsWith(`${stack}-`));
}

/**
 * Holds folders of `class collect` against the class's key, and prints a line for each.
 * @param folders of one student each, or with such folders in them
 * @returns the exit status: 1 if one is not as it was collected
 */
export async function classVerify(
  folders: readonly string[],
  {
    key,
    print,
  }: { readonly key: { readonly file: string } | { readonly directory: string }; print(line: string): void },
): Promise<number> {
  const against = await ("file" in key ? readPublicKey(key.file) : signingKey(key.directory)).catch((error: Error) => {
    throw new CliError(error.message, exitStatus.configuration, { cause: error });
  });
  const single = (await Promise.all(folders.map(studentFolders))).flat();
  if (single.length === 0)
    throw new CliError(
      `there is no folder of class collect in ${folders.join(", ")}. Fix: name the folder that \`npx lvs-lab class collect\` wrote`,
      exitStatus.configuration,
    );
  let sound = true;
  for (const folder of single) {
    const { manifest, problems } = await verifyFolder(folder, against);
    const who = manifest ? `${manifest.student.id} of ${manifest.class}, collected ${manifest.collectedAt}` : folder;
    if (problems.length === 0) print(`✓ ${who}: ${manifest?.files.length} files as they were`);
    else print(`✗ ${who}: ${problems.join("; ")}`);
    sound &&= problems.length === 0;
  }
  return sound ? exitStatus.ok : exitStatus.failed;
}

/** A folder itself, if it has a manifest, or else the folders in it. */
async function studentFolders(folder: string): Promise<string[]> {
  if (await stat(join(folder, MANIFEST)).catch(() => undefined)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => join(folder, name))
    .sort();
}
