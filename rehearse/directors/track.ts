import { all, type Statement } from "../conf/tree.ts";
import { bfdWeight, trackedWeight } from "../conf/values.ts";

/** What instances and groups may track. */
export const trackKinds = ["script", "interface", "process", "file", "bfd"] as const;

export type TrackKind = (typeof trackKinds)[number];

/** An instance's use of a script, an interface, a process, a file or a BFD session: `track_script` and its like. */
export interface Track {
  readonly at: Statement;
  readonly kind: TrackKind;
  readonly name: string;
  /** Where this use has a weight of its own. */
  readonly weight?: number;
  /** Where this use says whether its weight counts the other way round. */
  readonly reverse?: boolean;
}

/** The blocks that define what is tracked; an interface needs none. */
export const definitions = {
  vrrp_script: "script",
  vrrp_track_process: "process",
  vrrp_track_file: "file",
  track_file: "file",
  bfd_instance: "bfd",
} as const;

/** Without which keepalived removes the definition. */
const needed: Readonly<Record<Exclude<TrackKind, "interface">, string>> = {
  ...{ script: "script", process: "process", file: "file", bfd: "neighbor_ip" },
};

/** A line of a track_ block that keepalived ignores; of some, only the weight or the word behind it. */
export interface IgnoredTrack {
  readonly at: Statement;
  readonly kind: TrackKind;
  readonly why: "not found" | "twice" | "option" | "no weight" | "weight" | "sign";
}

export interface Tracking {
  readonly tracks: readonly Track[];
  readonly ignored: readonly IgnoredTrack[];
}

/**
 * What the statements of a block track, an instance's or a sync group's: alloc_track_script() and its like in keepalived's vrrp_track.c.
 * @param before what the configuration says before it: keepalived finds no name that is defined later
 */
export function trackingIn(block: readonly Statement[], before: readonly Statement[]): Tracking {
  const tracks: Track[] = [];
  const ignored: IgnoredTrack[] = [];
  for (const kind of trackKinds)
    for (const at of all(block, `track_${kind}`).flatMap(({ block: inside }) => inside ?? [])) {
      const why = reasonToIgnore(at, kind, before, tracks);
      if (why) ignored.push({ at, kind, why });
      if (!why || why === "weight" || (why === "sign" && !countsSign(kind))) tracks.push(trackOf(at, kind));
    }
  return { tracks, ignored };
}

/**
 * The interfaces that instances and groups name in track_interface, ignored lines included: keepalived does not start where one of them is missing.
 */
export const trackedDevices = (holders: readonly { readonly block: readonly Statement[] }[]): string[] =>
  holders.flatMap(({ block }) =>
    all(block, "track_interface").flatMap(({ block: inside = [] }) => inside.map(({ keyword }) => keyword)),
  );

/** Whether keepalived ignores the whole line for a wrong word behind the weight. */
const countsSign = (kind: TrackKind): boolean => kind === "file" || kind === "bfd";

const weightOf = (kind: TrackKind) => (kind === "bfd" ? bfdWeight : trackedWeight);

function reasonToIgnore(
  { keyword: name, words: [option, weight, sign] }: Statement,
  kind: TrackKind,
  before: readonly Statement[],
  tracks: readonly Track[],
): IgnoredTrack["why"] | undefined {
  const isDefined = kind === "interface" || before.some((one) => kindDefinedBy(one) === kind && one.words[0] === name);
  if (!isDefined) return "not found";
  if (tracks.some((one) => one.kind === kind && one.name === name)) return "twice";
  if (option === undefined) return undefined;
  if (option !== "weight") return "option";
  if (weight === undefined) return "no weight";
  if (!weightOf(kind).isRight(weight)) return "weight";
  const signs = kind === "interface" ? ["reverse"] : ["reverse", "noreverse"];
  return sign === undefined || signs.includes(sign) ? undefined : "sign";
}

/** What a block defines that can be tracked; undefined if nothing, or if it lacks what it is about. */
export function kindDefinedBy({ keyword, block = [] }: Statement): TrackKind | undefined {
  if (!Object.hasOwn(definitions, keyword)) return undefined;
  const kind = definitions[keyword as keyof typeof definitions];
  const [first] = all(block, needed[kind], ...(kind === "bfd" ? ["neighbour_ip"] : []));
  return first?.words[0] === undefined ? undefined : kind;
}

function trackOf(at: Statement, kind: TrackKind): Track {
  const [, word, sign] = at.words;
  const taken = word === undefined ? undefined : weightOf(kind).taken(word);
  return {
    ...{ at, kind, name: at.keyword },
    ...(taken === undefined ? {} : { weight: Math.max(-253, Math.min(253, Number(taken))) }),
    ...(sign === "reverse" || sign === "noreverse" ? { reverse: sign === "reverse" } : {}),
  };
}
