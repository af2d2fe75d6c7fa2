import type { z } from "zod";
import type { Ip } from "../ip.ts";

/**
 * How a real server fails, as a health check meets it:
 * - `refuses`: nothing listens, every connection is reset at once;
 * - `silent`: no packet comes back, as of a host without power;
 * - `hangs`: the kernel accepts connections, the application never answers;
 * - `error-status`: it answers, with an HTTP status that is none of the right ones;
 * - `wrong-page`: it answers with a right status and another page;
 * - `mta-refuses`: it is well, and so is the host, but no MTA listens.
 */
export const realServerFailures = ["refuses", "silent", "hangs", "error-status", "wrong-page", "mta-refuses"] as const;
export type RealServerFailure = (typeof realServerFailures)[number];

/** From the shortest to the longest possible time, in seconds. */
export interface SecondsBand {
  readonly minimum: number;
  readonly maximum: number;
}

/** What every kind has: keepalived.conf(5), "real_server". In seconds. */
export interface Timers {
  /** Between the end of a check and the next one. */
  readonly delayLoop: number;
  /** Before a failed check is repeated. */
  readonly delayBeforeRetry: number;
  /** How often a failed check is repeated before the real server counts as failed; not there: keepalived's default for the kind. */
  readonly retry?: number;
  /** The first check comes at a random moment within so long; not there: within delayLoop. */
  readonly warmup?: number;
  /** A failed real server stays in the table with weight 0; not there: it is taken out. */
  readonly inhibitOnFailure?: true;
}

/** What a lab file says of every kind, its defaults filled in. */
export interface GivenTimers {
  readonly delayLoop: number;
  readonly connectTimeout: number;
  readonly delayBeforeRetry: number;
  readonly retry?: number | undefined;
  readonly warmup?: number | undefined;
  readonly inhibitOnFailure: boolean;
}

/** The real server that a check asks. */
export interface Target {
  readonly address: Ip;
  readonly port: number;
  /** What its web server serves. */
  readonly page: string;
}

/** What differs between the kinds of health check: a kind is one file, and a row in `index.ts`. */
export interface HealthCheckKind<P extends z.ZodRawShape = z.ZodRawShape, C extends Timers = Timers> {
  /** The block's name in keepalived.conf(5). */
  readonly keyword: string;
  /** What it asks, as a phrase. */
  readonly title: string;
  /** The protocols of the services whose real servers can answer it. */
  readonly protocols: readonly ("tcp" | "udp")[];
  /** Its own properties in a lab file, all of them optional there. */
  readonly properties: P;
  /** Those of them that it cannot do without, each as it may be written. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Whether it has a socket of its own, and so a connect_timeout. */
  readonly connects: boolean;
  /** The port that it asks; not there: the real server's. */
  readonly port?: number;
  /** What it speaks to the real server, where that is not the web server's or the UDP server's own: something there must answer it. */
  readonly speaks?: "dns" | "smtp";
  /** keepalived's `retry` where the file has none (default_retry in keepalived 2.2.7's check_*.c). */
  readonly defaultRetry: number;
  /** keepalived's `delay_before_retry` where its configuration has none, in seconds (default_delay_before_retry there). */
  readonly defaultDelayBeforeRetry: number | "delayLoop";
  /** How many checks in a row must succeed before a failed real server is back. */
  readonly successes: 1 | 2;
  /** Whether delayLoop and delayBeforeRetry count from the start of a check. Else from its end. */
  readonly countsFromStart?: true;
  /** Whether it speaks TLS, so that the web server must. */
  readonly tls?: true;
  /** A check of the lab from what its file gives. */
  complete(given: GivenTimers & { readonly [K in keyof P]?: z.output<P[K]> | undefined }): C;
  /** The lines inside its block in keepalived.conf, before those of the timers. */
  lines(check: C, target: Target): readonly string[];
  /** How long one check takes to fail that meets this failure; undefined: it does not see it. */
  attempt(check: C, failure: RealServerFailure): SecondsBand | undefined;
}

/** Checks a kind's types while keeping them. */
export const defineHealthCheck = <P extends z.ZodRawShape, C extends Timers>(
  kind: HealthCheckKind<P, C>,
): HealthCheckKind<P, C> => kind;

/** The timers as a lab has them: what the file leaves out has no key, so that such a lab stays the same data. */
export const timersOf = ({ delayLoop, delayBeforeRetry, retry, warmup, inhibitOnFailure }: GivenTimers): Timers => ({
  delayLoop,
  delayBeforeRetry,
  ...(retry === undefined ? {} : { retry }),
  ...(warmup === undefined ? {} : { warmup }),
  ...(inhibitOnFailure ? { inhibitOnFailure } : {}),
});

/** A time of its own. */
export const exactly = (seconds: number): SecondsBand => ({ minimum: seconds, maximum: seconds });

/** A time of this length at most. */
export const upTo = (seconds: number): SecondsBand => ({ minimum: 0, maximum: seconds });
