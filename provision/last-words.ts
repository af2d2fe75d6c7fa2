import type { Readable } from "node:stream";

/**
 * Keeps the end of what a program says, for an error that tells of its end.
 * @param stream its standard error; none: it says nothing
 * @returns a function that gives the last characters so far
 */
export function lastWords(stream: Readable | null | undefined, characters = 4000): () => string {
  let said = "";
  stream?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-characters);
  });
  return () => said;
}
