import { appendFileSync, renameSync, statSync } from "node:fs";

/** How long a log grows before it begins anew, with the former one beside it. */
const MOST_BYTES = 2 << 20;

/** Appends a line with its time to a log. What others have written never makes two lines of it. */
export function logTo(file: string, text: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MOST_BYTES) renameSync(file, `${file}.1`);
  appendFileSync(file, `${new Date().toISOString()} ${text.replace(/\p{Cc}+/gu, " ").trim()}\n`, { mode: 0o600 });
}
