import { keepAnnouncement, LONGEST_ANNOUNCEMENT } from "../../class/announcement.ts";
import type { Class, Member } from "../../class/class.ts";
import { plainLine } from "../../class/plain-line.ts";
import { command } from "../../provision/ssh/index.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { type ClassTools, forEach, StudentError, type Task } from "./each.ts";
import { hasLab } from "./stacks.ts";
import { noLab } from "./verbs.ts";

/** Later logins show this file, until the server boots anew: it is the /etc/motd of a lab's own image, and pam_motd(8) shows it elsewhere. */
const NOTE = "/run/motd.d/lvs-lab";

export interface BroadcastOptions {
  readonly text: string;
  /** The lab of a stack. */
  open(stack: string): Promise<LiveLab>;
  readonly now?: Date;
  /** Where terminals and the note are; for tests. */
  readonly places?: { readonly terminals: string; readonly note: string };
}

/**
 * Tells the students of a class something: on each open terminal of their servers, and at logins to come.
 * @returns the exit status
 * @throws CliError if there is nothing to tell
 */
export async function classBroadcast(
  all: Class,
  members: readonly Member[],
  { out, free }: Pick<ClassTools, "out" | "free">,
  { text, open, now = new Date(), places }: BroadcastOptions,
): Promise<number> {
  const line = plainLine(text, LONGEST_ANNOUNCEMENT);
  if (line === "")
    throw new CliError(
      "there is no text. Fix: `npx lvs-lab class broadcast 'five minutes left'`",
      exitStatus.configuration,
    );
  // What some are told is not for everybody's page.
  if (members.length === all.members.length)
    await keepAnnouncement(all.directory, { text: line, at: now.toISOString() });
  const script = broadcastScript(`To the class ${all.name}, ${now.toTimeString().slice(0, 5)}: ${line}`, places);
  const task: Task<string> = {
    doing: "tells",
    done: (how) => how,
    run: async ({ stack }) => {
      if (!hasLab(stack)) throw noLab();
      const live = await open(stack);
      const told = await Promise.all(
        live.servers.map(async ({ name }) => {
          try {
            return { name, terminals: Number(await (await onServer(live, name)).script(script)) };
          } catch (error) {
            return { name, problem: (error as Error).message.split("\n")[0] ?? "" };
          }
        }),
      );
      const failed = told.flatMap(({ problem }) => problem ?? []);
      if (failed.length > 0) throw new StudentError(failed.join("; "), `To see it: npx lvs-lab status -s ${stack}`);
      const at = told.filter(({ terminals = 0 }) => terminals > 0);
      if (at.length === 0) return "no terminal is open; shown at the next login";
      return at.map(({ name, terminals = 0 }) => `${terminals} on ${name}`).join(", ");
    },
  };
  return (await forEach(all, members, task, { out, free })).status;
}

/**
 * The script that shows a line on a server's terminals, as wall(1) does, and leaves it for logins to come. It prints at how many terminals it was shown.
 * A terminal that takes no output, stopped by Ctrl-S, is given up after two seconds.
 */
export function broadcastScript(line: string, { terminals = "/dev/pts", note = NOTE } = {}): string {
  return command`mkdir -p "$(dirname ${note})" && printf '%s\\n' ${line} >${note} || exit
shown=0
for terminal in ${terminals}/[0-9]*; do
  [ -c "$terminal" ] || continue
  timeout 2 bash -c 'printf "\\r\\n\\a%s\\r\\n" "$1" >"$2"' bash ${line} "$terminal" && shown=$((shown + 1))
done
echo "$shown"`;
}
