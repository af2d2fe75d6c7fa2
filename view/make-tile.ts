import { basename } from "node:path";
import type { Announcement } from "../class/announcement.ts";
import type { Hand } from "../class/hand.ts";
import { type Foreign, foreignInWords } from "../class/neighbours.ts";
import type { Injected } from "../verify/faults/ledger.ts";
import type { Grade } from "../verify/grade/grade.ts";
import type { LabStatus } from "../verify/live/status.ts";
import type { ClassInfo, LabState, SignOfLife, Tile, TileTask } from "./tile.ts";

/** What is known of a student's lab. */
export interface Known {
  readonly key: string;
  readonly student: { readonly id: string; readonly name: string; readonly stack: string };
  readonly state: LabState;
  readonly words: string;
  /** What the last look found at which the lab answered. */
  readonly seen?: {
    readonly at: number;
    readonly status: LabStatus;
    readonly grade?: Grade;
    readonly foreign: readonly Foreign[];
  };
  readonly guide?: Tile["guide"];
  readonly faults: readonly Injected[];
  readonly hand?: Hand;
  readonly sign?: SignOfLife;
  readonly stuckSince?: number;
}

/** The longest texts of a task that are told: what was seen may be a whole page of a web server. */
const LONGEST = 600;

/** A student's tile for the teacher. */
export function tileOf(known: Known): Tile {
  const { key, student, state, words, seen, guide, faults, hand, sign, stuckSince } = known;
  return {
    ...{ key, student, state, words },
    ...(seen ? { lookedAt: seen.at } : {}),
    ...(seen?.grade ? { score: seen.grade.score } : {}),
    tasks: seen?.grade ? tasksOf(seen.grade, seen.foreign) : [],
    ...(guide ? { guide } : {}),
    vips: (seen?.status.virtualAddresses ?? []).map(({ address, holders }) => ({ address, holders })),
    faults: faults.map(({ fault, server, since }) => ({ fault, where: server, since: Date.parse(since) })),
    ...(hand ? { hand: { since: Date.parse(hand.since), ...(hand.text === "" ? {} : { text: hand.text }) } } : {}),
    ...(sign ? { sign } : {}),
    ...(stuckSince === undefined ? {} : { stuckSince }),
  };
}

const tasksOf = ({ tasks }: Grade, foreign: readonly Foreign[]): TileTask[] =>
  tasks.map(({ n, id, title, subjects, status, points, of, seen, hint }) => {
    const whose = foreignInWords(foreign.filter(({ task }) => task === n));
    return {
      ...{ id, title, where: subjects.join(", "), status, points, of },
      ...(status === "done" ? {} : { seen: cut(seen), ...(hint === undefined ? {} : { hint: cut(hint) }) }),
      ...(whose.length > 0 ? { foreign: whose } : {}),
    };
  });

const cut = (text: string): string =>
  text.length > LONGEST ? `${text.slice(0, LONGEST).replace(/\p{Cs}/gu, "")}…` : text;

const stateWords: Readonly<Record<LabState, string>> = {
  unseen: "not looked at yet",
  none: "no lab",
  busy: "busy",
  down: "down",
  silent: "no server answers",
  partly: "a server does not answer",
  up: "up",
};

/**
 * A tile that everybody may see. It has nothing that says whose it is: no name, no id, no address of the student's own, and no text that a person or a
 * lab has written.
 */
export function forProjector({ student: _, words: __, ...tile }: Tile): Tile {
  return {
    ...tile,
    words: stateWords[tile.state],
    tasks: tile.tasks.map(({ seen: _seen, hint: _hint, foreign: _foreign, ...task }) => task),
    vips: tile.vips.map(({ holders }) => ({ holders })),
    ...(tile.hand ? { hand: { since: tile.hand.since } } : {}),
  };
}

/** How long what the class was told stays on the page, in milliseconds. */
const TOLD_MS = 15 * 60_000;

/** The class as a whole. `exercise`: the path of its lab file, of which the page shows the name. */
export const infoOf = (
  { name, exercise }: { readonly name: string; readonly exercise: string },
  announcement: Announcement | undefined,
  now: number,
): ClassInfo => ({
  ...{ name, exercise: basename(exercise).replace(/\.ya?ml$/, "") },
  ...(announcement && now - Date.parse(announcement.at) < TOLD_MS
    ? { announcement: { text: announcement.text, at: Date.parse(announcement.at) } }
    : {}),
});
