import { all, last, type Statement } from "../conf/tree.ts";
import { type Command, commandAt } from "./command.ts";
import { numberOf } from "./instance.ts";
import { definitions, type TrackKind } from "./track.ts";

/** What instances may track: a vrrp_script, vrrp_track_process or vrrp_track_file of keepalived.conf(5). */
export interface Tracked {
  readonly kind: TrackKind;
  readonly name: string;
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** Where an instance has no weight of its own. 0: a failure is a FAULT. The number in a file counts so many times. */
  readonly weight: number;
  /** Whether the weight counts the other way round. */
  readonly reverse: boolean;
}

/** A vrrp_script. Times in seconds. */
export interface Script extends Tracked {
  readonly kind: "script";
  readonly command?: Command;
  readonly interval: number;
  readonly timeout: number;
  readonly rise: number;
  readonly fall: number;
}

export const trackedIn = (statements: readonly Statement[]): Tracked[] =>
  all(statements, ...Object.keys(definitions)).map((at) => {
    const kind = definitions[at.keyword as keyof typeof definitions];
    const block = at.block ?? [];
    const weight = last(block, "weight");
    const tracked = {
      ...{ kind, name: at.words[0] ?? "", at, block },
      weight: numberOf(weight) ?? (kind === "file" ? 1 : 0),
      reverse: weight?.words[1] === "reverse",
    };
    return kind === "script" ? scriptOf({ ...tracked, kind }) : tracked;
  });

function scriptOf(tracked: Tracked & { readonly kind: "script" }): Script {
  const { block } = tracked;
  const at = last(block, "script");
  const interval = numberOf(last(block, "interval")) ?? 1;
  return {
    ...tracked,
    ...(at ? { command: commandAt(at, tracked.at) } : {}),
    interval,
    timeout: numberOf(last(block, "timeout")) ?? interval,
    rise: numberOf(last(block, "rise")) ?? 1,
    fall: numberOf(last(block, "fall")) ?? 1,
  };
}

export const isScript = (tracked: Tracked): tracked is Script => tracked.kind === "script";
