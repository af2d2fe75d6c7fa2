import { randomInt } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { latestAnnouncement } from "../class/announcement.ts";
import type { Class, Member } from "../class/class.ts";
import { reachedIn } from "../class/guide/progress.ts";
import { progressOf } from "../class/guide/progress-file.ts";
import { handOf, lowerHand } from "../class/hand.ts";
import { foreignIn } from "../class/neighbours.ts";
import { labDirectory } from "../provision/paths.ts";
import { injectedIn } from "../verify/faults/ledger.ts";
import { Feed } from "./feed.ts";
import type { Found } from "./lab-watch.ts";
import { infoOf, type Known, tileOf } from "./make-tile.ts";
import { Rounds } from "./rounds.ts";
import { lastKey, latestSign, stateOf } from "./sign-of-life.ts";

/** What is watched of a class. */
export interface WatchedClass extends Pick<Class, "name" | "exercise"> {
  readonly directory: Pick<Class["directory"], "announcementFile">;
  readonly members: readonly Pick<Member, "id" | "name" | "stack" | "lab">[];
}

/** A lab as it is looked at. */
export interface LabLooks {
  look(): Promise<Found>;
  /** Lets a look that hangs fail. */
  cut(): void;
}

export interface WatchOptions {
  readonly labOf: (stack: string) => LabLooks;
  /** Why a look failed, in a line. */
  readonly reasonOf: (error: unknown) => string;
  readonly atOnce: number;
  readonly everyMs: number;
  /** See `RoundsOptions`. Default: a minute. */
  readonly longestMs?: number;
}

/** How often hands, faults, the guide and what the class is told are looked for, in milliseconds: some small files for each lab. */
const FILES_MS = 500;

const LONGEST_LOOK_MS = 60_000;

/** A class that is watched: looks at its labs, and the feed of its tiles. */
export class ClassWatch {
  readonly feed: Feed;
  readonly #all: WatchedClass;
  readonly #options: WatchOptions;
  readonly #known: Map<string, Known>;
  readonly #members: ReadonlyMap<string, WatchedClass["members"][number]>;
  readonly #labs: ReadonlyMap<string, LabLooks>;
  /** What the last look found, as `stateOf` has it. */
  readonly #states = new Map<string, string>();

  constructor(all: WatchedClass, options: WatchOptions) {
    this.#all = all;
    this.#options = options;
    const keys = shuffled(all.members.map((_, index) => String(index + 1)));
    this.#members = new Map(all.members.map((member, index) => [keys[index] ?? "", member]));
    this.#labs = new Map([...this.#members].map(([key, { stack }]) => [key, options.labOf(stack)]));
    this.#known = new Map(
      [...this.#members].map(([key, { id, name, stack }]) => [
        key,
        { key, student: { id, name, stack }, state: "unseen", words: "not looked at yet", faults: [] },
      ]),
    );
    this.feed = new Feed(infoOf(all, undefined, Date.now()), [...this.#known.values()].map(tileOf));
  }

  /** Watches until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { atOnce, everyMs, longestMs = LONGEST_LOOK_MS } = this.#options;
    const rounds = new Rounds([...this.#labs.keys()], {
      ...{ atOnce, everyMs, longestMs, signal },
      look: (key) => this.#look(key),
      overrun: (key) => {
        this.#labs.get(key)?.cut();
        this.#change(key, { state: "silent", words: `a look took longer than ${Math.round(longestMs / 1000)} s` });
      },
    });
    await Promise.all([rounds.run(), this.#watchFiles(rounds, signal)]);
  }

  /** Lowers the hand of a tile. @returns whether there is such a tile */
  async lower(key: string): Promise<boolean> {
    const known = this.#known.get(key);
    if (!known) return false;
    await lowerHand(labDirectory(known.student.stack));
    await this.#readFiles(key);
    return true;
  }

  async #look(key: string): Promise<void> {
    try {
      const found = await this.#labs.get(key)?.look();
      if (found) this.#found(key, found);
    } catch (error) {
      this.#change(key, { state: "silent", words: this.#options.reasonOf(error) });
    }
  }

  #found(key: string, { state, words, status, grade }: Found): void {
    const known = this.#known.get(key);
    const member = this.#members.get(key);
    if (!known || !member) return;
    // A lab that is made anew has nothing of the former one.
    if (state === "none") {
      this.#states.delete(key);
      const { key: _, student, faults, sign } = known;
      this.#put({ key, student, faults, ...(sign ? { sign } : {}), state, words });
      return;
    }
    if (!status) {
      this.#change(key, { state, words });
      return;
    }
    const at = Date.now();
    const now = stateOf({ status, ...(grade ? { grade } : {}) });
    const before = this.#states.get(key);
    this.#states.set(key, now);
    const sign = latestSign(
      known.sign,
      lastKey(status, at),
      before !== undefined && before !== now ? { at, kind: "change" } : undefined,
    );
    const last = grade ?? known.seen?.grade;
    const { stuckSince: _, ...rest } = known;
    this.#put({
      ...rest,
      ...{ state, words },
      seen: {
        ...{ at, status },
        ...(last ? { grade: last, foreign: foreignIn(last, member, this.#all.members) } : { foreign: [] }),
      },
      ...(sign ? { sign } : {}),
      ...(last && !last.passed ? { stuckSince: stuckSince(known, last.score.points, at) } : {}),
    });
  }

  async #watchFiles(rounds: Rounds, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = Date.now();
      this.feed.putInfo(infoOf(this.#all, await latestAnnouncement(this.#all.directory), now));
      for (const key of this.#known.keys()) if (await this.#readFiles(key)) rounds.soon(key);
      await delay(FILES_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Reads what stands in a lab's directory. @returns whether its faults have changed, so that a look is worth it */
  async #readFiles(key: string): Promise<boolean> {
    const { student, faults: before } = this.#known.get(key) as Known;
    const { lab } = this.#members.get(key) as WatchedClass["members"][number];
    const directory = labDirectory(student.stack);
    const [hand, faults, progress] = await Promise.all([
      handOf(directory),
      injectedIn(directory).catch(() => []),
      progressOf(student.stack),
    ]);
    const guide = progress?.lab === lab.name ? { done: reachedIn(progress) } : undefined;
    const { hand: was, guide: _, ...rest } = this.#known.get(key) as Known;
    const isNew = hand !== undefined && !isDeepStrictEqual(hand, was);
    const at = was ? Date.now() : Date.parse(hand?.since ?? "");
    const latest = latestSign(rest.sign, isNew ? { at, kind: "hand" } : undefined);
    this.#put({
      ...rest,
      faults,
      ...(hand ? { hand } : {}),
      ...(guide ? { guide } : {}),
      ...(latest ? { sign: latest } : {}),
    });
    return !isDeepStrictEqual(faults, before);
  }

  #change(key: string, change: Pick<Known, "state" | "words">): void {
    const known = this.#known.get(key);
    if (known) this.#put({ ...known, ...change });
  }

  #put(known: Known): void {
    this.#known.set(known.key, known);
    this.feed.put(tileOf(known));
  }
}

/** Since when the points have not risen. */
function stuckSince({ seen, stuckSince: since }: Known, points: number, now: number): number {
  const before = seen?.grade?.score.points;
  return since === undefined || before === undefined || points > before ? now : since;
}

/** In an order that says nothing: the roster's is often that of names. */
function shuffled<T>(all: readonly T[]): T[] {
  const order = [...all];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
