import type { Ip } from "../../../lab/index.ts";
import type { Check } from "../../directors/check.ts";

/** What a host has to answer, so that the health checks of configurations pass. */
export interface Answers {
  /** By HTTP, on TCP ports. */
  readonly web?: readonly WebDemand[];
  readonly datagrams?: readonly DatagramDemand[];
  /** TCP ports of SMTP. */
  readonly mail?: readonly number[];
  /** What no stand-in can answer, a sentence each that names the fix. */
  readonly missing?: readonly string[];
}

/** What a health check asks of a TCP port. */
export interface WebDemand {
  readonly port: number;
  readonly tls: boolean;
  /** What it asks for; not there: it connects. */
  readonly url?: UrlDemand;
}

export interface UrlDemand {
  /** Without a query: nginx compares paths so. */
  readonly path: string;
  /** Of its `virtualhost`, in lower case and without a port. */
  readonly host?: string;
  /** The statuses that it takes. */
  readonly statuses: readonly number[];
  /** The page that it has to find; not there: any. */
  readonly page?: string;
}

/** What a health check asks of a UDP port. */
export interface DatagramDemand {
  readonly port: number;
  readonly dns?: true;
  /** Both in hexadecimal. Without `to`: its answer to anything. */
  readonly reply?: { readonly to?: string; readonly reply: string };
}

/** What may be answered with. */
export interface Pages {
  /** The host's own, by paths: `pages` in rehearsal.yaml. */
  readonly own: Readonly<Record<string, string>>;
  /** The text of a file of the folder with an MD5 digest, in hexadecimal. */
  withDigest(digest: string): string | undefined;
}

/** A health check, of a host that is called `name`. */
export interface Asked {
  readonly check: Check;
  readonly port: number;
  /** What the host is called. */
  readonly name: string;
  /** The check, for messages: `HTTP_GET of 192.0.2.21 80`. */
  readonly words: string;
  readonly pages: Pages;
}

/** A kind of health check: what a host has to answer. */
export type CheckAnswers = (asked: Asked) => Answers;

/** Where a check goes to, beside its port. */
export interface CheckTarget {
  readonly address: Ip;
  readonly port: number;
}
