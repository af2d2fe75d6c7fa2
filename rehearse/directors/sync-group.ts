import { all, type Statement } from "../conf/tree.ts";
import { type Track, type Tracking, trackingIn } from "./track.ts";

/** A vrrp_sync_group of keepalived.conf(5): its instances change their state together. */
export interface SyncGroup {
  readonly name: string;
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** The names of its instances, each with its place. */
  readonly members: readonly { readonly name: string; readonly at: Statement }[];
  readonly tracks: readonly Track[];
  /** What of its track_ blocks keepalived ignores. */
  readonly ignoredTracks: Tracking["ignored"];
  /** Whether weights count that its members track; those that the group tracks always do. */
  readonly trackingWeight: boolean;
}

export const syncGroupsOf = (statements: readonly Statement[]): SyncGroup[] =>
  all(statements, "vrrp_sync_group").map((at) => {
    const block = at.block ?? [];
    const { tracks, ignored: ignoredTracks } = trackingIn(block, statements.slice(0, statements.indexOf(at)));
    return {
      ...{ name: at.words[0] ?? "", at, block, tracks, ignoredTracks },
      // It ignores further lists: vrrp_group_handler() in keepalived's vrrp_parser.c.
      members: all(block, "group")
        .slice(0, 1)
        .flatMap(({ block: inside }) => inside ?? [])
        .flatMap((line) => [line.keyword, ...line.words].map((name) => ({ name, at: line }))),
      trackingWeight: all(block, "sync_group_tracking_weight", "global_tracking").length > 0,
    };
  });
