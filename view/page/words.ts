import type { SignOfLife, Tile, TileVip } from "../tile.ts";

/** A time from then to now, as short as a glance needs: `now`, `40 s`, `3 min`, `2 h`, `3 d`. */
export function since(then: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 10) return "now";
  if (seconds < 90) return `${Math.floor(seconds / 10) * 10} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** `now`, `3 min ago` */
export const ago = (then: number, now: number): string => {
  const words = since(then, now);
  return words === "now" ? words : `${words} ago`;
};

/** Whose tile it is: the name, or for a projector its number. */
export const nameOf = ({ student, key }: Tile): string => student?.name ?? `Lab ${key}`;

/** `held by server1`, `held by server1 and server4` */
export const heldBy = ({ holders }: TileVip): string => `held by ${holders.join(" and ") || "nobody"}`;

export const signWords: Readonly<Record<SignOfLife["kind"], string>> = {
  key: "a key was pressed in a terminal of a server",
  change: "a look found a change",
  hand: "the hand was raised",
};

/** `1 step`, `5 steps` of the guide. */
export const stepsInWords = (done: number): string => `${done} ${done === 1 ? "step" : "steps"}`;

/** How many tasks are done, wrong and not yet. */
export const countsOf = ({ tasks }: Pick<Tile, "tasks">): Readonly<Record<"done" | "wrong" | "not yet", number>> => {
  const count = (status: string): number => tasks.filter((task) => task.status === status).length;
  return { done: count("done"), wrong: count("wrong"), "not yet": count("not yet") };
};

/** What to do next: the first task that is wrong, else the first that is not done. */
export const nextOf = ({ tasks }: Pick<Tile, "tasks">): Tile["tasks"][number] | undefined =>
  tasks.find(({ status }) => status === "wrong") ?? tasks.find(({ status }) => status !== "done");

/** The tile as a screen reader says it. */
export function spoken(tile: Tile, now: number): string {
  const { student, score, hand, faults, vips, sign, guide } = tile;
  const { done, wrong, "not yet": notYet } = countsOf(tile);
  return [
    nameOf(tile),
    ...(student && student.id !== student.name ? [student.id] : []),
    ...(hand ? [`hand up for ${since(hand.since, now)}${hand.text === undefined ? "" : `: ${hand.text}`}`] : []),
    ...(tile.state === "up" ? [] : [tile.words]),
    ...(score ? [`${score.points} of ${score.of} points`, `${done} done, ${wrong} wrong, ${notYet} not yet`] : []),
    ...(guide ? [stepsInWords(guide.done)] : []),
    ...vips.map((vip) => `VIP ${heldBy(vip)}`),
    ...faults.map(({ fault, where }) => `fault ${fault} on ${where}`),
    ...(sign ? [`last sign of life ${ago(sign.at, now)}`] : []),
  ].join("; ");
}
