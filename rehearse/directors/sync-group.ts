import { all, type Statement } from "../conf/tree.ts";
import { type Track, tracksIn } from "./instance.ts";

/** A vrrp_sync_group of keepalived.conf(5): its instances change their state together. */
export interface SyncGroup {
  readonly name: string;
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** The names of its instances, each with its place. */
  readonly members: readonly { readonly name: string; readonly at: Statement }[];
  readonly tracks: readonly Track[];
  /** Whether weights count that its members track; those that the group tracks always do. */
  readonly trackingWeight: boolean;
}

export const syncGroupsOf = (statements: readonly Statement[]): SyncGroup[] =>
  all(statements, "vrrp_sync_group").map((at) => ({
    name: at.words[0] ?? "",
    at,
    block: at.block ?? [],
    members: all(at.block, "group")
      .flatMap(({ block }) => block ?? [])
      .flatMap((line) => [line.keyword, ...line.words].map((name) => ({ name, at: line }))),
    tracks: tracksIn(at.block ?? []),
    trackingWeight: all(at.block, "sync_group_tracking_weight", "global_tracking").length > 0,
  }));
