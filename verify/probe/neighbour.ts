import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CLIENT, type LabHost } from "../../provision/host/reach.ts";
import type { ArpChange } from "./records.ts";

/** How long `ip monitor` may take to listen, in milliseconds. What changes before the first look is in that look. */
const LISTENS_MS = 200;

/** Ends with its standard input, so that it never outlives the process that started it. */
const MONITOR = "ip -6 monitor neigh & monitor=$!; read -r _; kill $monitor";

/**
 * The client's neighbour entry for an IPv6 address, which /proc/net has no file of: its state at the start, and each change as the kernel tells it
 * (ip-monitor(8)). Always `stop` it.
 */
export class NeighbourWatch {
  readonly #child: ChildProcess;
  readonly #address: string;
  readonly #now: () => number;
  readonly #tell: (change: ArpChange) => void;
  #owner: string | null | undefined;

  private constructor(
    child: ChildProcess,
    { address, now, tell }: { address: string; now: () => number; tell: (change: ArpChange) => void },
  ) {
    this.#child = child;
    this.#address = address;
    this.#now = now;
    this.#tell = tell;
    child.on("error", () => {}); // the first look reports it
    child.stdin?.on("error", () => {});
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      const mac = entryIn(line, address);
      if (mac !== undefined) this.#change(mac);
    });
  }

  /**
   * @param now the time on the probe's clock, in milliseconds
   * @param tell called with the first state, and with each change
   * @throws Error if the client has no such program
   */
  static async start(
    place: Pick<LabHost, "spawn">,
    watched: { readonly address: string; readonly now: () => number; readonly tell: (change: ArpChange) => void },
  ): Promise<NeighbourWatch> {
    // detached: Ctrl-C in the terminal goes to this process only, which then stops it.
    const options = { stdio: ["pipe", "pipe", "ignore"] as ["pipe", "pipe", "ignore"], detached: true };
    const watch = new NeighbourWatch(place.spawn(CLIENT, ["sh", "-c", MONITOR], options), watched);
    await delay(LISTENS_MS);
    await watch.#look(place.spawn(CLIENT, ["ip", "-6", "neigh", "show", "to", watched.address], options));
    return watch;
  }

  stop(): void {
    this.#child.stdin?.end();
  }

  async #look(child: ChildProcess): Promise<void> {
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    const status = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (status !== 0) throw new Error(`the client's neighbour entries cannot be read: ip ended with status ${status}`);
    if (this.#owner === undefined) this.#change(entryIn(output.trim(), this.#address) ?? null);
  }

  #change(mac: string | null): void {
    if (mac === this.#owner) return;
    this.#owner = mac;
    const at = this.#now();
    this.#tell({ mac, after: at, at });
  }
}

/**
 * The hardware address in a line of `ip neigh` or of `ip monitor neigh`, such as `fd00:254::100 dev eth0 lladdr 52:54:00:fe:fe:0b REACHABLE`, with
 * `Deleted ` before it for an entry that went; null: it has none. Undefined: the line is about another address.
 */
export function entryIn(line: string, address: string): string | null | undefined {
  const [deleted, ...words] = line.startsWith("Deleted ") ? line.split(/\s+/) : ["", ...line.split(/\s+/)];
  if (words[0] !== address) return undefined;
  const at = words.indexOf("lladdr");
  return deleted !== "" || at < 0 || words.at(-1) === "FAILED" ? null : (words[at + 1] ?? null);
}
