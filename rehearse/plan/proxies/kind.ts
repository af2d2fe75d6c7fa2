import type { Ip } from "../../../lab/index.ts";
import type { Accounts } from "../../directors/command.ts";

/** What a proxy or web server that runs on a director serves, as its configuration has it. */
export interface ProxyConfig {
  readonly binds: readonly Bind[];
  /** Hosts that it talks to. */
  readonly backends: readonly Backend[];
  /** Hosts that it names without an address. */
  readonly names: readonly string[];
  /** As whom it runs. */
  readonly accounts: Accounts;
}

/** A TCP port on which it answers by HTTP, or hands on what comes. */
export interface Bind {
  /** Not there: on all addresses of these families. */
  readonly address?: Ip;
  readonly families: readonly (4 | 6)[];
  readonly port: number;
  readonly tls: boolean;
}

export interface Backend {
  readonly address: Ip;
  readonly port: number;
  readonly tls: boolean;
}

/** A program that listens on a director beside keepalived. */
export interface ProxyKind {
  /** As scripts call it, and /proc/PID/comm. */
  readonly name: string;
  /** Debian's package, and the unit of systemd. */
  readonly package: string;
  readonly unit: string;
  /** The path of its configuration. */
  readonly config: string;
  read(text: string): ProxyConfig;
}
