import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Class } from "../../../class/class.ts";
import { startOutliving } from "../../../provision/host/machine/namespaces.ts";
import { until } from "../../../provision/until.ts";
import { CliError, exitStatus } from "../../exit-status.ts";
import { lastLineOf, lvsLabProgram } from "../lvs-lab.ts";
import type { DoorState } from "./daemon.ts";

/** Deadlines in seconds: for a door to open (it may have to wait for its userland), and to close. */
const OPEN_SECONDS = 60;
const CLOSE_SECONDS = 15;

/** A class file without a door. */
export const noDoorError = ({ file }: Pick<Class, "file">): CliError =>
  new CliError(
    `${file} has no \`door\`. Fix: write \`door: {port: 2222, address: 0.0.0.0}\` into it`,
    exitStatus.configuration,
  );

type AClass = Pick<Class, "directory" | "name" | "file" | "door">;

/** Says a word to a class's door. @returns what it says of itself; undefined: it is closed */
export async function askDoor(
  { directory }: Pick<Class, "directory">,
  word: "state" | "look" | "stop",
): Promise<DoorState | undefined> {
  const socket = connect(join(directory.door, "control"));
  socket.on("error", () => {});
  socket.setTimeout(10_000, () => socket.destroy());
  socket.write(`${word}\n`);
  const said = await text(socket).catch(() => "");
  return said === "" ? undefined : (JSON.parse(said) as DoorState);
}

/**
 * Opens a class's door, by a process that outlives this one; one that is open takes the class's files again.
 * @throws CliError with its reason if it does not open
 */
export async function openDoor(all: AClass): Promise<{ readonly state: DoorState; readonly wasOpen: boolean }> {
  if (all.door === undefined) throw noDoorError(all);
  const before = await askDoor(all, "look");
  if (before) return { state: before, wasOpen: true };
  const log = join(all.directory.path, "log", "door.out.log");
  mkdirSync(join(all.directory.path, "log"), { recursive: true, mode: 0o700 });
  const output = openSync(log, "w", 0o600);
  const command = [lvsLabProgram, "class", "door", "run", "--file", all.file];
  const child = await startOutliving(command, `lvs-lab-door-${all.name}`, {
    stdio: ["ignore", output, output],
    cwd: "/",
  });
  closeSync(output);
  let ended = false;
  child.once("close", () => (ended = true));
  const failed = (): Error =>
    new CliError(lastLineOf(readFileSync(log, "utf8")) || `the door did not open; its log is ${log}`);
  const state = await until(
    async () => {
      const now = await askDoor(all, "state");
      if (!now) throw new Error("it has not answered yet");
      return now;
    },
    { seconds: OPEN_SECONDS, everyMs: 100, failed, hopeless: async () => (ended ? failed() : undefined) },
  );
  return { state, wasOpen: false };
}

/** Closes a class's door, with all that students have open. @returns whether it was open */
export async function closeDoor(all: Pick<Class, "directory">): Promise<boolean> {
  const state = await askDoor(all, "stop");
  if (!state) return false;
  await until(
    async () => {
      if (await askDoor(all, "state")) throw new Error("still open");
    },
    {
      seconds: CLOSE_SECONDS,
      everyMs: 100,
      failed: () => new CliError(`the door did not close within ${CLOSE_SECONDS} s. Fix: kill -9 ${state.pid}`),
    },
  );
  return true;
}

/** A door's state as lines: where it is, who is in. */
export function doorLines(state: DoorState | undefined): string[] {
  if (!state) return ["closed"];
  const { address, port, since, logins, refused } = state;
  return [
    `open at ${address} port ${port} since ${since}`,
    `${logins.length === 0 ? "nobody is in" : `${logins.length} logged in`}; ${refused} refused`,
    ...logins.map(({ id, from, since: begun }) => `  ${id}  since ${begun}  from ${from}`),
  ];
}

/** The same as data; `version` increases with changes that readers must know of. */
export const doorAsJson = (name: string, state: DoorState | undefined): unknown => ({
  format: "lvs-lab class door",
  version: 1,
  class: name,
  door: state ?? null,
});
