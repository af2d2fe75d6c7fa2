import type { Tile } from "../tile.ts";
import { nameOf } from "./words.ts";

/** By what tiles are ordered, with its name on the page. */
export const sorts = {
  name: "name",
  points: "points",
  stuck: "longest without a point",
  quiet: "longest quiet",
  hands: "hands first",
} as const;
export type Sort = keyof typeof sorts;

/** Which tiles are shown, with its name on the page. */
export const shows = {
  all: "all",
  hands: "hands up",
  wrong: "something wrong",
  unfinished: "unfinished",
  finished: "finished",
  faults: "faults in",
  trouble: "labs that do not answer",
} as const;
export type Show = keyof typeof shows;

const shown: Readonly<Record<Show, (tile: Tile) => boolean>> = {
  all: () => true,
  hands: ({ hand }) => hand !== undefined,
  wrong: ({ tasks }) => tasks.some(({ status }) => status === "wrong"),
  unfinished: ({ score }) => score === undefined || score.points < score.of,
  finished: ({ score }) => score !== undefined && score.points === score.of,
  faults: ({ faults }) => faults.length > 0,
  trouble: ({ state }) => !["up", "unseen", "busy"].includes(state),
};

/** What orders two tiles: the smaller one comes first. */
const keys: Readonly<Record<Sort, (tile: Tile) => number>> = {
  name: () => 0,
  points: ({ score }) => -(score?.percent ?? -1),
  stuck: ({ stuckSince }) => stuckSince ?? Number.POSITIVE_INFINITY,
  // Whoever has given no sign yet is quiet for longest, if there is a lab to be quiet in.
  quiet: ({ sign, lookedAt }) => sign?.at ?? (lookedAt === undefined ? Number.POSITIVE_INFINITY : 0),
  hands: ({ hand }) => hand?.since ?? Number.POSITIVE_INFINITY,
};

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export interface Choice {
  readonly find: string;
  readonly show: Show;
  readonly sort: Sort;
}

/** The tiles that are shown, in their order; equal ones by name. */
export function chosen(tiles: readonly Tile[], { find, show, sort }: Choice): Tile[] {
  const wanted = plain(find).split(" ").filter(Boolean);
  const key = keys[sort];
  return tiles
    .filter((tile) => shown[show](tile) && wanted.every((word) => textOf(tile).includes(word)))
    .sort((one, other) => compare(key(one), key(other)) || collator.compare(nameOf(one), nameOf(other)));
}

const compare = (one: number, other: number): number => (one === other ? 0 : one < other ? -1 : 1);

/** What a tile is found by. */
const textOf = (tile: Tile): string =>
  plain(
    [nameOf(tile), tile.student?.id, tile.hand?.text, tile.words, ...tile.faults.map(({ fault }) => fault)]
      .filter(Boolean)
      .join(" "),
  );

/** Without case and accents. */
const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The class in a line: `30 labs: 4 finished, 2 hands up, 1 does not answer; 61 % of the points`. */
export function sumOf(tiles: readonly Tile[]): string {
  const count = (show: Show): number => tiles.filter(shown[show]).length;
  const graded = tiles.flatMap(({ score }) => score ?? []);
  const [points, of] = graded.reduce(([sum, all], one) => [sum + one.points, all + one.of], [0, 0]);
  const [hands, trouble, faults] = [count("hands"), count("trouble"), count("faults")];
  const parts = [
    `${count("finished")} finished`,
    ...(hands > 0 ? [`${hands} ${hands === 1 ? "hand" : "hands"} up`] : []),
    ...(trouble > 0 ? [`${trouble} ${trouble === 1 ? "does" : "do"} not answer`] : []),
    ...(faults > 0 ? [`${faults} with faults`] : []),
    ...(of > 0 ? [`${Math.floor((100 * points) / of)} % of the points`] : []),
  ];
  return `${tiles.length} ${tiles.length === 1 ? "lab" : "labs"}: ${parts.join(", ")}`;
}
