import type { Member } from "../../../class/class.ts";
import { CLIENT_NAME } from "../../../class/door/accounts.ts";
import { RECORDED_TEXT } from "../../../class/door/card.ts";
import { withoutControls } from "../../../class/plain-line.ts";
import { entrancesOf } from "../../../class/values.ts";
import { runOnHost } from "../../../provision/host/command.ts";
import { CLIENT, openHost } from "../../../provision/host/reach.ts";
import type { TerminalOptions } from "../../../provision/ssh/index.ts";
import { exitStatus } from "../../exit-status.ts";
import type { RunLvsLab } from "../lvs-lab.ts";
import type { DoorLabs } from "./labs.ts";
import type { Hello } from "./protocol.ts";
import { type RecordedSession, Recording } from "./recording.ts";
import type { StudentTerminal } from "./student-terminal.ts";

/** What a choice works with. */
interface Place {
  readonly member: Member;
  readonly terminal: StudentTerminal;
  readonly hello: Hello;
  readonly labs: DoorLabs;
  /** Runs `lvs-lab` on this machine. */
  readonly run: RunLvsLab;
  /** Ids of students for whom it runs now. */
  readonly running: Set<string>;
  /** The directory of the student's recordings; undefined: sessions are not recorded. */
  readonly recordings?: string | undefined;
  log(text: string): void;
}

/** A row of the menu. */
interface Choice {
  readonly word: string;
  readonly about: string;
  /** @param rest what follows the word as the student wrote it; not there: nothing @returns an exit status */
  go(place: Place, rest: string | undefined): Promise<number>;
}

/**
 * Commands of `lvs-lab` that the door runs for a student, as the teacher's user. Their words are fixed: of what a student writes, none gets there. They
 * have no terminal there, and what they print is shown when they end.
 */
const commands = [
  { word: "guide", options: ["--once"], about: "the steps, and which are reached" },
  { word: "grade", options: [], about: "what is done, what is wrong, and what to do next" },
  { word: "status", options: [], about: "the state of your servers" },
] as const;

const choicesFor = ({ lab }: Pick<Member, "lab">): Choice[] => [
  ...lab.servers.map(({ name, role }) => ({
    word: name,
    about: `a shell on ${name}, as root${role === undefined ? "" : ` (${role})`}`,
    go: async (place: Place, rest: string | undefined) => await goTo(place, name, rest),
  })),
  {
    word: CLIENT_NAME,
    about: "a shell on the client: curl, ping, arp -an",
    go: async (place, rest) => await goTo(place, CLIENT_NAME, rest),
  },
  {
    word: "forget",
    about: "empty the client's ARP cache",
    go: async (place, rest) => await alone(place, "forget", rest, async () => await forget(place)),
  },
  ...commands.map(({ word, options, about }) => ({
    word,
    about,
    go: async (place: Place, rest: string | undefined) =>
      await alone(place, word, rest, async () => await runFor(place, word, options)),
  })),
];

/** Words that end the menu. */
const ends = ["quit", "exit", "logout", "q"];
const helps = ["help", "?", "h"];

/** The name of a class's lab for a student, and how to go on. */
export function menuText(
  { lab, name, id }: Pick<Member, "lab" | "name" | "id">,
  { recorded = false }: { readonly recorded?: boolean } = {},
): string {
  const choices = choicesFor({ lab });
  const width = Math.max(...choices.map(({ word }) => word.length));
  const rows = choices.map(
    ({ word, about }, index) => `${String(index + 1).padStart(3)}  ${word.padEnd(width)}  ${about}`,
  );
  return [
    `The lab of ${withoutControls(name)} (${id}). Its service: ${entrancesOf(lab).join(", ")}`,
    ...["", ...rows, "", "Write a name or a number. `help` shows this again, `quit` leaves."],
    ...(recorded ? [RECORDED_TEXT] : []),
    "",
  ].join("\n");
}

const showMenu = ({ member, terminal, recordings }: Place): unknown =>
  terminal.write(menuText(member, { recorded: recordings !== undefined }));

/** Serves a session: one command, or the menu until the student leaves. @returns its exit status */
export async function serve(place: Place): Promise<number> {
  const { terminal, hello, member } = place;
  if (hello.command !== undefined) return (await choose(place, hello.command)) ?? exitStatus.ok;
  showMenu(place);
  let status: number = exitStatus.ok;
  for (;;) {
    if (hello.terminal) terminal.write(`${member.id}> `);
    const line = await terminal.readLine();
    if (line === undefined) {
      if (hello.terminal && !terminal.gone.aborted) terminal.write("\n");
      return status;
    }
    if (line.trim() === "") continue;
    const ended = await choose(place, line);
    if (ended === undefined) return exitStatus.ok;
    status = ended;
    if (terminal.gone.aborted) return status;
  }
}

/** Does what a line says. @returns its exit status; undefined: the student leaves */
async function choose(place: Place, line: string): Promise<number | undefined> {
  const { terminal, member } = place;
  const [, word = "", rest] = /^\s*(\S+)(?:\s+(.*))?$/s.exec(line) ?? [];
  const wanted = word.toLowerCase();
  if (ends.includes(wanted)) return undefined;
  if (helps.includes(wanted)) {
    showMenu(place);
    return exitStatus.ok;
  }
  const choices = choicesFor(member);
  const choice = /^\d+$/.test(wanted) ? choices[Number(wanted) - 1] : choices.find((one) => one.word === wanted);
  if (choice === undefined) {
    terminal.writeError(
      `There is no ${shortened(word)}. Write one of ${choices.map((one) => one.word).join(", ")}, or help.\n`,
    );
    return exitStatus.configuration;
  }
  try {
    return await choice.go(place, rest === undefined || rest.trim() === "" ? undefined : rest);
  } catch (error) {
    if (terminal.gone.aborted) return 255;
    place.labs.forget(member.stack);
    place.log(`${choice.word}: ${error instanceof Error ? error.message : error}`);
    terminal.writeError(`${choice.word} cannot be reached now. If that stays so, tell your teacher.\n`);
    return 255;
  }
}

/** What somebody wrote, as an error shows it. */
const shortened = (text: string): string => {
  const shown = withoutControls(text);
  return `\`${shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}\``;
};

/** A shell on a machine of the student's lab, or a command that its own shell reads. */
async function goTo(
  { member, terminal, hello, labs, recordings, log }: Place,
  host: string,
  command: string | undefined,
): Promise<number> {
  // As ssh(1): a command has a terminal only if it was asked for.
  const wish: TerminalOptions = {
    ...(command === undefined ? {} : { command }),
    ...(hello.terminal ? { terminal: hello.terminal } : {}),
  };
  log(`${host}: opens`);
  const remote = await labs.terminal(member, host, wish);
  const recording = recordings === undefined ? undefined : begun(recordings, { host, ...wish }, log);
  const status = await terminal.attach(remote, { raw: hello.terminal !== undefined, watcher: recording });
  await recording?.end(status);
  log(`${host}: status ${status}`);
  return status;
}

/** The recording of a session; undefined: there is none, and the log says why. A student works also where nothing can be written. */
function begun(directory: string, session: RecordedSession, log: Place["log"]): Recording | undefined {
  try {
    const recording = Recording.begin(directory, session);
    if (!recording) log(`${session.host}: not recorded, there are too many recordings in ${directory}`);
    return recording;
  } catch (error) {
    log(`${session.host}: not recorded: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Does something that takes no words, one at a time for a student. */
async function alone(
  { member, terminal, running }: Place,
  word: string,
  rest: string | undefined,
  work: () => Promise<number>,
): Promise<number> {
  if (rest !== undefined) {
    terminal.writeError(`${word} stands alone: write \`${word}\`.\n`);
    return exitStatus.configuration;
  }
  if (running.has(member.stack)) {
    terminal.writeError("Something of yours still runs, in another terminal. Wait for it.\n");
    return exitStatus.failed;
  }
  running.add(member.stack);
  try {
    return await work();
  } finally {
    running.delete(member.stack);
  }
}

async function forget({ member, labs, terminal }: Pick<Place, "member" | "terminal" | "labs">): Promise<number> {
  const { host } = await labs.live(member);
  await runOnHost(openHost(host), CLIENT, ["ip", "neigh", "flush", "dev", "eth0"]);
  terminal.write("The client's ARP cache is empty.\n");
  return exitStatus.ok;
}

/** Runs a command of `lvs-lab` for the student's stack, and shows what it prints. Messages may have paths of this machine: they go to the log. */
async function runFor(
  { member, terminal, run, log }: Place,
  word: string,
  options: readonly string[],
): Promise<number> {
  const words = [word, ...options, "--stack", member.stack];
  const ran = await terminal.interruptible(async (signal) => await run(words, { signal }));
  log(`${word}: status ${ran.status}`);
  terminal.write(ran.stdout);
  if (ran.stdout.trim() === "") {
    log(`${word}: ${ran.lastLine}`);
    terminal.writeError(`${word} has failed. If that stays so, tell your teacher.\n`);
  }
  return ran.status;
}
