import type { Statement } from "../conf/tree.ts";

/** Whether a keyword that takes `on` or `off` is on; by itself it is. */
export const isOn = ({ words }: Statement): boolean => !["off", "false", "no"].includes(words[0] ?? "on");
