import { shareOf } from "./share.ts";

/** Measure: how many requests failed. */
export const failed = shareOf("failed", { one: "fails", many: "fail" });
