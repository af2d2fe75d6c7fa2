import type { DirectorsOptions, RunningDirectors } from "./running-directors.ts";

/** What a rule's two folders do on running directors. */
export interface Effect {
  readonly rule: string;
  /** What is done and looked at. */
  readonly title: string;
  readonly options?: DirectorsOptions;
  /** What is done when it is as `before` says. */
  readonly act?: (directors: RunningDirectors) => Promise<unknown>;
  readonly before?: unknown;
  readonly look: (directors: RunningDirectors) => Promise<unknown>;
  /** What is seen in `found`, and in `fine`. */
  readonly found: unknown;
  readonly fine: unknown;
}

const holders = (address: string) => (directors: RunningDirectors) => directors.holders(address);

/** Whether a director's keepalived has said something. */
const says = (director: string, text: RegExp) => async (directors: RunningDirectors) =>
  directors.log(director).some((line) => text.test(line));

const both = ["lb1", "lb2"];

/** Each rule that claims an effect, and how it shows. */
export const effects: readonly Effect[] = [
  {
    rule: "unreadable",
    title: "keepalived starts without the instance",
    look: holders("192.0.2.100"),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "weight-never-flips",
    title: "the script fails and the master stays",
    options: {
      // The hosts see each other's processes.
      edit: (text) => text.replace("/usr/bin/pgrep haproxy", "/usr/bin/test -e /run/haproxy"),
      prepare: "touch /run/haproxy",
    },
    before: ["lb1"],
    act: (directors) => directors.on("lb1", "rm /run/haproxy"),
    look: holders("192.0.2.100"),
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "password-too-long",
    title: "keepalived says that it cuts it",
    look: says("lb1", /Truncating auth_pass to 8 characters/),
    found: true,
    fine: false,
  },
  {
    rule: "password-too-long",
    title: "passwords that differ behind the eighth character are the same",
    options: {
      edit: (text, file) =>
        file === "lb2.conf" ? text.replace("correct-horse", "correct-house").replace("battery1", "battery2") : text,
    },
    look: holders("192.0.2.100"),
    found: ["lb1"],
    fine: both,
  },
  {
    rule: "addresses-differ",
    title: "both hold the address",
    look: holders("192.0.2.100"),
    found: both,
    fine: ["lb1"],
  },
  {
    rule: "advert-interval-differs",
    title: "both hold the address",
    look: holders("192.0.2.100"),
    found: both,
    fine: ["lb1"],
  },
];
