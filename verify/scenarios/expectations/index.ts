import type { z } from "zod";
import { arp } from "./arp.ts";
import { balance } from "./balance.ts";
import { connections } from "./connections.ts";
import { delayed } from "./delayed.ts";
import { diagnosis } from "./diagnosis.ts";
import { failed } from "./failed.ts";
import type { ExpectationKind } from "./kind.ts";
import { log } from "./log.ts";
import { mail } from "./mail.ts";
import { outage } from "./outage.ts";
import { served } from "./served.ts";
import { table } from "./table.ts";
import { vip } from "./vip.ts";
import { vrrp } from "./vrrp.ts";

/** All kinds of expectation by their keys in the file, in the order of the docs. A new kind is its file and a row here. */
const kinds = {
  served,
  vip,
  arp,
  table,
  balance,
  mail,
  log,
  vrrp,
  diagnosis,
  outage,
  failed,
  delayed,
  connections,
};

type Kinds = typeof kinds;

/**
 * A statement about the lab, its client or its wire. Servers are selectors in a `Scenario`, names in a `ResolvedScenario`.
 *
 * A *state* is the lab as it is now, and is waited for. A *measure* is over the *window*, which begins with the last fault or heal (before
 * the first, with the run; for a fault, when its injection began) and ends now; it is matched once, unless the file gives a deadline.
 */
export type Expectation = ReturnType<Kinds[keyof Kinds]["complete"]>;

export type ExpectationName = keyof Kinds;

/** The kinds of expectation by name, in the order of the docs. */
export const expectationNames = Object.keys(kinds) as ExpectationName[];

/** A kind by its name, without the types of its own. */
export const kindNamed = (name: ExpectationName): ExpectationKind<z.ZodType, Expectation> =>
  kinds[name] as unknown as ExpectationKind<z.ZodType, Expectation>;

export const kindOf = (expectation: Expectation): ExpectationKind<z.ZodType, Expectation> =>
  kindNamed(expectation.kind);

/** The keys of `expect` for the schema of a step. */
export const expectShape = Object.fromEntries(
  expectationNames.map((name) => [name, kindNamed(name).schema.optional()]),
) as { [Name in ExpectationName]: z.ZodOptional<Kinds[Name]["schema"]> };

/** `expect` as the file gives it. */
export type ExpectInput = z.input<z.ZodObject<typeof expectShape>>;

/** The expectations of one `expect`, valid by schema and rules, in the order of the schema. */
export const completed = (input: ExpectInput): Expectation[] =>
  (Object.keys(input) as ExpectationName[]).flatMap((name) =>
    input[name] === undefined ? [] : [kindNamed(name).complete(input[name])],
  );

export const isMeasure = (expectation: Expectation): boolean => kindOf(expectation).isMeasure?.(expectation) ?? false;

/** How long a state is waited for by default, in milliseconds: an emulated guest takes half a minute to boot. */
const STATE_WITHIN_MS = 60_000;

/** The deadline of an `expect` that gives none, in milliseconds: measures alone are matched once. */
export const defaultWithinMs = (expectations: readonly Expectation[]): number =>
  expectations.every(isMeasure) ? 0 : STATE_WITHIN_MS;
