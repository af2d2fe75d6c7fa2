import { command } from "../../provision/ssh/index.ts";
import type { View } from "./view.ts";

/** A process that accepts TCP connections. */
export interface Listener {
  /** Its program, such as `nginx`. */
  readonly program: string;
  readonly pid: number;
  /** As ss(8) prints it: `127.0.0.1`, `*`, `[::]`. */
  readonly address: string;
  readonly port: number;
}

const SS = "ss --no-header --listening --tcp --numeric --processes";

/** The command that `parseListeners` reads: all processes that listen on one of these ports, on whichever address. */
export const listenersOn = (ports: readonly number[]): string =>
  `${SS} ${command`${`sport = :${ports.join(" or sport = :")}`}`}`;

/** Parses `LISTEN 0 511 *:80 *:* users:(("nginx",pid=612,fd=6),…)` of each line of ss(8). */
export const parseListeners = (output: string): Listener[] =>
  [...output.matchAll(/^LISTEN +\d+ +\d+ +(\S+):(\d+) .*$/gm)].flatMap(([line, address = "", port]) =>
    [...line.matchAll(/\("([^"]*)",pid=(\d+),/g)].map(([, program = "", pid]) => ({
      program,
      pid: Number(pid),
      address,
      port: Number(port),
    })),
  );

/** All processes of a server that listen. */
export const listening = async (view: View, server: string): Promise<Listener[]> =>
  parseListeners((await view.on(server)`ss --no-header --listening --tcp --numeric --processes`).output);
