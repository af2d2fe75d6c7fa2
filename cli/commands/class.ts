import { writeFile } from "node:fs/promises";
import { Argument, type Command, Option } from "commander";
import { type Class, openClass } from "../../class/class.ts";
import { ClassDirectory, ClassNameError } from "../../class/directory.ts";
import { DoorError } from "../../class/door/accounts.ts";
import { cardsAsJson, cardsOf, cardsPage, cardText } from "../../class/door/card.ts";
import { CLASS_FILE, readClass } from "../../class/file.ts";
import { marksAsCsv, marksAsJson, marksAsJunit, marksAsTable, stuckInWords } from "../../class/marks.ts";
import { valueRows } from "../../class/values.ts";
import { VaryError } from "../../class/vary/part.ts";
import { LockHeldError, withLock } from "../../setup/lock.mjs";
import { interruptible } from "../../verify/live/interruptible.ts";
import { inColumns } from "../../verify/report/columns.ts";
import { gradedInBackground, gradeInBackground } from "../class/background.ts";
import { classBroadcast } from "../class/broadcast.ts";
import { classCollect, classVerify } from "../class/collect.ts";
import { askDoor, closeDoor, doorAsJson, doorLines, noDoorError, openDoor } from "../class/door/control.ts";
import { keptKey } from "../class/door/keys.ts";
import { type ClassTools, machineMemory, membersOf } from "../class/each.ts";
import { lvsLabBy, lvsLabProgram } from "../class/lvs-lab.ts";
import { configureStack } from "../class/stacks.ts";
import {
  classDown,
  classExec,
  classGrade,
  classReset,
  classSnapshot,
  classStatus,
  classUp,
  standingRows,
  standingsAsJson,
} from "../class/verbs.ts";
import { classView } from "../class/view.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { liveLab } from "../live-lab.ts";
import {
  jsonOption,
  rebootsOption,
  reportOption,
  seconds,
  snapshotName,
  snapshotNamedNow,
  wholeNumber,
} from "../options.ts";

/** Seconds between two looks at a lab. */
const EVERY = 10;

interface ClassOptions {
  readonly file: string;
  readonly student?: string[];
}

const tools: ClassTools = {
  run: lvsLabBy(lvsLabProgram),
  configure: configureStack,
  out: process.stderr,
  free: machineMemory,
};

export const classCommand = (program: Command): void => {
  const group = program
    .command("class")
    .description("the labs of a class, one for each student of a roster: see docs/classroom.md")
    .enablePositionalOptions();
  const verb = (name: string, description: string): Command =>
    group.command(name).description(description).option("-f, --file <file>", "the class file", CLASS_FILE);
  const some = (command: Command): Command =>
    command.option("--student <student...>", "only these students, by their ids");

  some(verb("up", "bring up the labs of all students; run again, it goes on where it was"))
    .option("--snapshot", "of each lab that is new, take the snapshot that `class reset` restores")
    .action(async ({ file, student, snapshot = false }: ClassOptions & { snapshot?: boolean }) => {
      const all = await classOf(file);
      const members = membersOf(all, student);
      process.exitCode = await alone(all, async () => {
        if (all.door) await openDoor(all);
        return await classUp(all, members, tools, { snapshot });
      });
    });

  some(verb("status", "show whose lab is up"))
    .addOption(jsonOption())
    .action(async ({ file, student, json }: ClassOptions & { json?: boolean }) => {
      const all = await classOf(file);
      const { standings, status } = await classStatus(all, membersOf(all, student), tools);
      if (json) console.log(JSON.stringify(standingsAsJson(all, standings), null, 2));
      else for (const line of inColumns(standingRows(standings, all))) console.log(line);
      process.exitCode = status;
    });

  some(verb("grade", "grade all labs; exit status 0 if all have full marks"))
    .addOption(jsonOption())
    .option("--faults", "also run the tasks that inject a fault for a moment, where all others are done")
    .addOption(rebootsOption())
    .option("--csv <file>", "also write the marks as CSV")
    .option("--junit <file>", "also write the marks as JUnit XML")
    .option(
      "--background",
      "in a process that outlives the terminal; `class marks` shows how far it is, then the marks",
    )
    .action(async (options: GradeOptions) => {
      const { file, student, json, faults = false, reboots = false, csv, junit, background } = options;
      const all = await classOf(file);
      if (background) {
        membersOf(all, student);
        await gradeInBackground(all, gradeWords(options));
        console.error("Grading in the background. `npx lvs-lab class marks` shows how far it is, then the marks.");
        return;
      }
      const { marks, status } = await classGrade(all, membersOf(all, student), tools, { faults, reboots });
      if (csv) await writeFile(csv, marksAsCsv(marks));
      if (junit) await writeFile(junit, marksAsJunit(marks));
      if (json) console.log(JSON.stringify(marksAsJson(marks), null, 2));
      else for (const line of [...inColumns(marksAsTable(marks)), "", ...stuckInWords(marks)]) console.log(line);
      process.exitCode = status;
    });

  verb("marks", "show what `class grade --background` has printed").action(async ({ file }: ClassOptions) => {
    const { goesOn, marks, progress } = await gradedInBackground(await classOf(file));
    process.stderr.write(goesOn || marks === "" ? progress : "");
    if (goesOn) console.error("Grading goes on.");
    else process.stdout.write(marks);
    // A grading that ended without marks has failed.
    process.exitCode = marks === "" && !goesOn ? exitStatus.failed : exitStatus.ok;
  });

  some(verb("values", "show what each student's lab has of its own, where the class file has `vary`")).action(
    async ({ file, student }: ClassOptions) => {
      const all = await classOf(file);
      for (const line of inColumns(valueRows(membersOf(all, student), all))) console.log(line);
    },
  );

  some(verb("snapshot", "save each lab as it is now, for `class reset --to`"))
    .argument("[snapshot]", "name of the snapshot; by default the time", snapshotName)
    .action(async (name: string | undefined, { file, student }: ClassOptions) => {
      const all = await classOf(file);
      const members = membersOf(all, student);
      const chosen = name ?? snapshotNamedNow();
      process.exitCode = await alone(all, () => classSnapshot(all, members, tools, chosen));
    });

  verb("reset", "give students their labs as they were at first, or as a snapshot has them")
    .option("--to <snapshot>", "restore this snapshot of `class snapshot`, or one that the student took", snapshotName)
    .argument("<student...>", "the students' ids")
    .action(async (students: string[], { file, to }: ClassOptions & { to?: string }) => {
      const all = await classOf(file);
      const members = membersOf(all, students);
      process.exitCode = await alone(all, () => classReset(all, members, tools, { to }));
    });

  some(verb("down", "remove the labs of all students, former ones included"))
    .option("--force", "where Pulumi fails, remove the lab without it")
    .action(async ({ file, student, force = false }: ClassOptions & { force?: boolean }) => {
      const all = await classOf(file);
      const members = membersOf(all, student);
      process.exitCode = await alone(all, async () => {
        if (student === undefined) await closeDoor(all);
        return await classDown(all, members, tools, { force, gone: student === undefined });
      });
    });

  verb("door", "the way in for students, by SSH with their keys: open it, close it, or show who is in")
    .addOption(jsonOption())
    .addArgument(new Argument("[action]", "what to do with it").choices(doorActions).default("status"))
    .action(async (action: string, { file, json }: ClassOptions & { json?: boolean }) => {
      process.exitCode = await classDoor(file, action, json ?? false);
    });

  verb("access", "print each student's card: how to get in, the door's fingerprint, the first step")
    .addOption(jsonOption())
    .option("--html <file>", "also write the cards as a page to print, a sheet each")
    .argument("[student...]", "the students' ids. Default: all")
    .action(async (students: string[], { file, json, html }: ClassOptions & { json?: boolean; html?: string }) => {
      const all = await classOf(file);
      const members = membersOf(all, students);
      const { door } = all;
      if (door === undefined) throw noDoorError(all);
      const { publicKey } = await keptKey(all.directory.keyFile("door"), `${all.name}-door`);
      const cards = cardsOf({ ...all, door }, members, publicKey);
      if (html) await writeFile(html, cardsPage(all.name, cards));
      console.log(json ? JSON.stringify(cardsAsJson(all.name, cards), null, 2) : cards.map(cardText).join("\n"));
    });

  some(
    verb(
      "collect",
      "write a signed folder for each student: marks, state and files of the servers, transcripts, reports",
    ),
  )
    .option("--into <folder>", "the folder that gets them. Default: NAME-collected, by the class's name")
    .addOption(reportOption())
    .action(async ({ file, student, into, report }: ClassOptions & { into?: string; report: string }) => {
      const all = await classOf(file);
      const members = membersOf(all, student);
      process.exitCode = await classCollect(all, members, tools, {
        into: into ?? `${all.name}-collected`,
        reports: report,
      });
    });

  verb("verify", "hold collected folders against the class's signature; exit status 0 if nothing was changed")
    .option(
      "--key <file>",
      "the class's public key, class.pub, from a place that students cannot write to. Default: the class's own",
    )
    .argument("<folder...>", "folders of class collect")
    .action(async (folders: string[], { file, key }: ClassOptions & { key?: string }) => {
      const against = key === undefined ? { directory: (await classOf(file)).directory.path } : { file: key };
      process.exitCode = await classVerify(folders, { key: against, print: (line) => console.log(line) });
    });

  verb("view", "serve a page that shows all labs at a glance, and their marks as they change")
    .addOption(
      new Option("--port <n>", "the port; default: one that is free").argParser(wholeNumber(65535)).default(0, ""),
    )
    .option("--listen <address>", "the address to listen at", "127.0.0.1")
    .addOption(
      new Option("--every <seconds>", "the least time between two looks at a lab").argParser(seconds).default(EVERY),
    )
    .action(async ({ file, port, listen, every }: ClassOptions & { port: number; listen: string; every: number }) => {
      const all = await classOf(file);
      const say = (line: string): void => console.log(line);
      await classView(all, { port, listen, every, say, warn: (line) => console.error(line) });
      // Looks that still run would keep this process alive.
      process.exit(exitStatus.ok);
    });

  some(verb("broadcast", "tell all students something: on their servers' open terminals, and at logins to come"))
    .argument("<text...>", "what to tell")
    .action(async (words: string[], { file, student }: ClassOptions) => {
      const all = await classOf(file);
      const members = membersOf(all, student);
      process.exitCode = await classBroadcast(all, members, tools, { text: words.join(" "), open: liveLab });
    });

  some(verb("exec", "run a command in all labs"))
    .option("--on <server...>", "only on these servers; `client` is one of the names. Default: each server")
    .argument("<command...>", "the command, after --")
    .passThroughOptions()
    .action(async (words: string[], { file, student, on = [] }: ClassOptions & { on?: string[] }) => {
      const all = await classOf(file);
      const names = [...(all.members[0]?.lab.servers ?? []).map(({ name }) => name), "client"];
      const unknown = on.filter((name) => !names.includes(name));
      if (unknown.length > 0)
        throw new CliError(
          `the labs have no server ${unknown.join(", ")}. Fix: choose of ${names.join(", ")}`,
          exitStatus.configuration,
        );
      const members = membersOf(all, student);
      // Lines that commands print would break a table.
      const lines = { ...tools, out: { write: (text: string) => process.stderr.write(text) } };
      process.exitCode = await classExec(all, members, lines, { words, on, print: (line) => console.log(line) });
    });
};

interface GradeOptions extends ClassOptions {
  readonly json?: boolean;
  readonly faults?: boolean;
  readonly reboots?: boolean;
  readonly csv?: string;
  readonly junit?: string;
  readonly background?: boolean;
}

/** The options as words of a command line, but for the class file and `--background`. */
const gradeWords = ({ student = [], json, faults, reboots, csv, junit }: GradeOptions): string[] => [
  ...Object.entries({ json, faults, reboots }).flatMap(([name, isGiven]) => (isGiven ? [`--${name}`] : [])),
  ...Object.entries({ csv, junit }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ...(student.length > 0 ? ["--student", ...student] : []),
];

/** The class of a file. @throws CliError, or FileError with everything that is wrong */
async function classOf(file: string): Promise<Class> {
  try {
    return await openClass(file);
  } catch (error) {
    if (error instanceof VaryError || error instanceof ClassNameError || error instanceof DoorError)
      throw new CliError(`${file}: ${error.message}`, exitStatus.configuration, { cause: error });
    throw error;
  }
}

/** `run` is the door itself: `start` starts it. */
const doorActions = ["start", "stop", "status", "run"] as const;

/** @returns the exit status */
async function classDoor(file: string, action: string, json: boolean): Promise<number> {
  if (action === "run") return await runDoor(await classOf(file));
  if (action === "start") {
    const { wasOpen } = await openDoor(await classOf(file));
    console.error(wasOpen ? "The door is open already; it has taken the class's files again." : "The door is open.");
  }
  // A door is seen and closed also where the roster has a mistake.
  const { name } = await readClass(file);
  const all = { name, directory: new ClassDirectory(name) };
  if (action === "stop") {
    console.error((await closeDoor(all)) ? "The door is closed." : "The door was closed already.");
    return exitStatus.ok;
  }
  const state = await askDoor(all, "state");
  if (json) console.log(JSON.stringify(doorAsJson(all.name, state), null, 2));
  else for (const line of doorLines(state)) console.log(line);
  return exitStatus.ok;
}

/** The process behind a door. What it does not expect ends one student's connection, and not the door. */
async function runDoor(all: Class): Promise<number> {
  const { Door } = await import("../class/door/daemon.ts");
  const work = async (): Promise<void> => {
    const door = await Door.open(all.file);
    process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => console.error(error));
    await interruptible(async (signal) => await door.run(signal));
  };
  try {
    await withLock(all.directory.doorLock, work, { seconds: 1 });
  } catch (error) {
    if (error instanceof LockHeldError)
      throw new CliError("the door is open already", exitStatus.failed, { cause: error });
    throw error;
  }
  return exitStatus.ok;
}

/** Runs a command that changes a class, if no other one does. @throws CliError otherwise */
async function alone(all: Class, work: () => Promise<number>): Promise<number> {
  try {
    return await withLock(all.directory.lock, work, { seconds: 1 });
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new CliError(
      `another command works on the class ${all.name}. Fix: wait for it, or end it`,
      exitStatus.failed,
      { cause: error },
    );
  }
}
