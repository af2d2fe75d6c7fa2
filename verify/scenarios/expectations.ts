import { milliseconds } from "./duration.ts";
import type { Amount, Expectation, ExpectationKind } from "./scenario.ts";
import type { ExpectInput } from "./schema.ts";
import { regexIn } from "./schema.ts";

/** How long a state is waited for that the file gives no deadline: a guest that is emulated takes half a minute to boot. */
const STATE_WITHIN_MS = 60_000;

const measures: readonly ExpectationKind[] = ["outage", "failed", "delayed", "connections"];

/** Whether an expectation is over the window that ends now, and so judged once; else it is a state, and waited for. */
export const isMeasure = (expectation: Expectation): boolean =>
  measures.includes(expectation.kind) || (expectation.kind === "diagnosis" && expectation.id === null);

/** The deadline of an `expect` that has none: a minute if there is a state among them, else none. */
export const defaultWithinMs = (expectations: readonly Expectation[]): number =>
  expectations.every(isMeasure) ? 0 : STATE_WITHIN_MS;

/** The expectations of one `expect`, valid by schema and rules, in the order of the schema. */
export const expectationsOf = (input: ExpectInput): Expectation[] =>
  (Object.keys(input) as ExpectationKind[]).flatMap((kind) => build(kind, input));

function build<K extends ExpectationKind>(kind: K, input: ExpectInput): Expectation[] {
  const value = input[kind];
  return value === undefined ? [] : [builders[kind](value)];
}

/** An upper bound that is not given. */
const longestOutageMs = Number.MAX_SAFE_INTEGER;

const builders: { readonly [K in ExpectationKind]: (value: NonNullable<ExpectInput[K]>) => Expectation } = {
  served: (duration) => ({ kind: "served", ms: milliseconds(duration) }),
  vip: (who) => ({ kind: "vip", holders: who === "nobody" ? [] : who === "both" ? ["master", "standby"] : [who] }),
  arp: (who) => ({ kind: "arp", owner: who === "other" ? null : who }),
  table: ({ on, realServers = "real-servers", without = "none" }) => ({
    kind: "table",
    on,
    realServers: list(realServers),
    without: list(without),
  }),
  balance: (share) => ({ kind: "balance", share: shareOf(share) }),
  mail: (mail) => ({ kind: "mail", ...mail }),
  log: (log) => ({ kind: "log", ...log, pattern: regexIn(log.line) ?? literally(log.line) }),
  vrrp: (vrrp) => ({ kind: "vrrp", ...vrrp }),
  diagnosis: (id) => ({ kind: "diagnosis", id: id === "none" ? null : id }),
  outage: (outage) => ({ kind: "outage", band: bandOf(outage) }),
  failed: (share) => ({ kind: "failed", ...boundsOf(share) }),
  delayed: (share) => ({ kind: "delayed", ...boundsOf(share) }),
  connections: (fate) => ({ kind: "connections", fate }),
};

const list = (realServers: string | readonly string[]): readonly string[] =>
  typeof realServers !== "string" ? realServers : realServers === "none" ? [] : [realServers];

/** Of `only` and `without` one is there. */
function shareOf(balance: NonNullable<ExpectInput["balance"]>): Extract<Expectation, { kind: "balance" }>["share"] {
  if (balance === "even") return balance;
  const { only, without = "" } = balance;
  return only === undefined ? { without } : { only };
}

/** A regular expression that finds the text as it is. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

function bandOf(outage: NonNullable<ExpectInput["outage"]>): Extract<Expectation, { kind: "outage" }>["band"] {
  if (typeof outage === "string") return outage;
  const { atLeast, atMost } = outage;
  return {
    atLeastMs: atLeast === undefined ? 0 : milliseconds(atLeast),
    atMostMs: atMost === undefined ? longestOutageMs : milliseconds(atMost),
  };
}

function boundsOf(share: NonNullable<ExpectInput["failed"]>): { atLeast?: Amount; atMost?: Amount } {
  const { atLeast, atMost } = share === "none" ? { atMost: 0, atLeast: undefined } : share;
  return {
    ...(atLeast !== undefined && { atLeast: amountOf(atLeast) }),
    ...(atMost !== undefined && { atMost: amountOf(atMost) }),
  };
}

const amountOf = (amount: number | string): Amount =>
  typeof amount === "number" ? { count: amount } : { percent: Number.parseFloat(amount) };
