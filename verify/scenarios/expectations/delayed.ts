import { shareOf } from "./share.ts";

/** Measure: how many requests were delayed: answered, but only after their SYN was retransmitted. */
export const delayed = shareOf("delayed", { one: "is delayed", many: "are delayed" });
