import type { GuestOs } from "../../lab/index.ts";
import { accountOf, type Command, linkIn } from "../directors/command.ts";
import type { Director } from "../directors/director.ts";
import { isScript, type Tracked } from "../directors/tracked.ts";
import type { RealServer } from "../directors/virtual-server.ts";
import { type Folder, isExecutable } from "../folder.ts";
import { DEFAULT_USER, nobodyFor } from "./accounts.ts";
import { isSomebodysOwn } from "./files.ts";
import type { Plan, PlannedDirector } from "./plan.ts";
import type { Configured } from "./stand-ins.ts";

/** Whether the keepalived of an operating system is 2.3.2 or newer. */
const hasNewer: Readonly<Record<GuestOs, boolean>> = { "debian-12": false, "debian-13": true };

/** A command that never runs in a rehearsal. */
export interface NeverRun {
  readonly command: Command;
  /** Why keepalived leaves it out, in words without an end. */
  readonly why: string;
}

/** The commands that keepalived leaves out in a rehearsal, as far as the folder and the plan tell: check_script_secure() in its lib/notify.c. */
export const neverRunIn = (plan: Plan, { folder, directors }: Configured): NeverRun[] =>
  directors.flatMap((director) =>
    director.commands.flatMap((command) => {
      const planned = plan.directors.find((one) => one.name === director.name);
      const why = nobodyFor(command, director, planned) ?? whyLeftOut(command, director, { plan, planned, folder });
      return why === undefined ? [] : [{ command, why }];
    }),
  );

function whyLeftOut(
  command: Command,
  { settings }: Director,
  {
    plan,
    planned,
    folder,
  }: { readonly plan: Plan; readonly planned: PlannedDirector | undefined; readonly folder: Folder },
): string | undefined {
  const words = wordsOn(plan.os, command);
  const [program = ""] = words;
  // keepalived looks for a plain name in PATH, and only opens the file of `</path`.
  if (!/^[^<]*\//.test(program)) return undefined;
  const link = linkIn(words);
  const usual = planned?.users?.includes(DEFAULT_USER) ? DEFAULT_USER : "root";
  const user = accountOf(command, settings)?.user ?? usual;
  if (link !== undefined && hasNewer[plan.os] && user === "root")
    return `${program} leads through ${link}, which is a link to /usr${link}`;
  const given = planned?.files[program];
  const file = given === undefined ? folder.find(program, command.at.file) : folder.find(given, "");
  if (file) return isExecutable(file) ? undefined : `${file.file} is not executable`;
  return isSomebodysOwn(program) ? `${program} is not in the folder` : undefined;
}

const wordsOn = (os: GuestOs, { words, newerWords }: Command): readonly string[] => (hasNewer[os] ? newerWords : words);

/**
 * The directors as keepalived runs them in a rehearsal: as if the scripts and checks that it leaves out were not there. check_vrrp_script_security() in its
 * vrrp.c, check_misc_script_security() in check_misc.c.
 */
export function runningDirectors(plan: Plan, configured: Configured): Director[] {
  const leftOut = new Set(neverRunIn(plan, configured).map(({ command }) => command.at));
  return configured.directors.map((director): Director => {
    const tracked = director.tracked
      .filter((one) => !(isScript(one) && one.command && leftOut.has(one.command.at)))
      .map((one) => asRead(one, plan.os));
    const isLeft = ({ kind, name }: Pick<Tracked, "kind" | "name">): boolean =>
      kind !== "script" || tracked.some((one) => one.kind === kind && one.name === name);
    const tracking = <T extends Pick<Director["instances"][number], "tracks">>(all: readonly T[]): T[] =>
      all.map((one) => ({ ...one, tracks: one.tracks.filter(isLeft) }));
    const checked = (real: RealServer): RealServer => ({
      ...real,
      checks: real.checks.filter(({ block }) => !block.some((line) => leftOut.has(line))),
    });
    return {
      ...{ ...director, tracked },
      instances: tracking(director.instances),
      syncGroups: tracking(director.syncGroups),
      virtualServers: director.virtualServers.map((one) => ({ ...one, realServers: one.realServers.map(checked) })),
    };
  });
}

/** A script with the words that the keepalived of an operating system makes of its command. */
const asRead = <T extends Tracked>(tracked: T, os: GuestOs): T =>
  isScript(tracked) && tracked.command
    ? { ...tracked, command: { ...tracked.command, words: wordsOn(os, tracked.command) } }
    : tracked;
