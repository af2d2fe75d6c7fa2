import { command, commandExpected, commandRemedy, quotedCommand, wordsOf } from "../command.ts";
import { property, wholeNumber } from "../yaml/schema.ts";
import { defineHealthCheck, type Target, type Timers, timersOf, upTo } from "./kind.ts";

/** Whether a command on the director ends with status 0. */
export interface MiscCheck extends Timers {
  readonly type: "misc";
  /** The program's full path, and its arguments, in which `{address}` and `{port}` stand for the real server's. */
  readonly command: readonly string[];
  /** Seconds after which the command is ended and has failed; not there: delayLoop. */
  readonly timeout?: number;
}

const example = "command: /usr/bin/curl --silent --fail http://{address}:{port}/";

export const misc = defineHealthCheck({
  keyword: "MISC_CHECK",
  title: "whether a command on the director ends with status 0",
  properties: {
    command: property(
      command({ address: 39, port: 5 }),
      `${commandExpected}; {address} and {port} stand for those of the real server`,
      commandRemedy(example),
    ).optional(),
    timeout: wholeNumber(1, 3600, "seconds that the command may run", "timeout: 3").optional(),
  },
  requires: { command: example },
  protocols: ["tcp", "udp"],
  connects: false,
  defaultRetry: 0,
  defaultDelayBeforeRetry: 1,
  successes: 1,
  countsFromStart: true,
  complete: ({ command: given = [], timeout, ...rest }): MiscCheck => ({
    type: "misc",
    command: wordsOf(given),
    ...(timeout === undefined ? {} : { timeout }),
    ...timersOf(rest),
  }),
  lines: ({ command: words, timeout }, target) => [
    `misc_path ${quotedCommand(words.map((word) => filledIn(word, target)))}`,
    ...(timeout === undefined ? [] : [`misc_timeout ${timeout}`]),
  ],
  // What the command sees, only its author knows: taken to see everything, as late as it may.
  attempt: ({ timeout, delayLoop }) => upTo(timeout ?? delayLoop),
});

const filledIn = (word: string, { address, port }: Target): string =>
  word.replaceAll("{address}", address).replaceAll("{port}", String(port));
