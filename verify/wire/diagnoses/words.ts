/** A moment of the run, for a line of evidence: `14.106 s`. */
export const moment = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** A duration for a sentence: `806 ms`, or from ten seconds on `12.3 s`. */
export const duration = (ms: number): string => (ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** `server1, server2 and server4` */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
