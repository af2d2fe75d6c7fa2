import { type Protocol, protocols } from "../../lab/index.ts";
import { command } from "../../provision/ssh/index.ts";
import type { View } from "./view.ts";

/** A process that accepts TCP connections, or takes UDP datagrams from anybody. */
export interface Listener {
  /** Its program, such as `nginx`. */
  readonly program: string;
  readonly pid: number;
  /** As ss(8) prints it: `127.0.0.1`, `*`, `[::]`. */
  readonly address: string;
  readonly port: number;
}

/** Ports by protocol. */
export type Ports = Readonly<Record<Protocol, readonly number[]>>;

const ss = (protocol: Protocol): string => `ss --no-header --listening --${protocol} --numeric --processes`;

/** The command that `parseListeners` reads: all processes that listen on one of these ports, on whichever address. */
export const listenersOn = (ports: Ports): string => {
  const commands = protocols
    .filter((protocol) => ports[protocol].length > 0)
    .map((protocol) => `${ss(protocol)} ${command`${`sport = :${ports[protocol].join(" or sport = :")}`}`}`);
  return commands.length > 1 ? `{ ${commands.join("; ")}; }` : (commands[0] ?? "true");
};

/** Parses `LISTEN 0 511 *:80 *:* users:(("nginx",pid=612,fd=6),…)`, for UDP `UNCONN 0 0 …`, of each line of ss(8). */
export const parseListeners = (output: string): Listener[] =>
  [...output.matchAll(/^(?:LISTEN|UNCONN) +\d+ +\d+ +(\S+):(\d+) .*$/gm)].flatMap(([line, address = "", port]) =>
    [...line.matchAll(/\("([^"]*)",pid=(\d+),/g)].map(([, program = "", pid]) => ({
      program,
      pid: Number(pid),
      address,
      port: Number(port),
    })),
  );

/** All processes of a server that accept TCP connections. */
export const listening = async (view: View, server: string): Promise<Listener[]> =>
  parseListeners((await view.on(server)`ss --no-header --listening --tcp --numeric --processes`).output);
