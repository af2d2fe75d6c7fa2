import { createHash } from "node:crypto";
import { basename } from "node:path";
import { machineId } from "../machine/machine-id.ts";

/** Where libvirt has its volumes: its own user can read them there, and not in a home directory. */
const IMAGES = "/var/lib/libvirt/images";

/** The XML namespace of the mark in a domain's metadata. */
export const MARK_NAMESPACE = "urn:lvs-lab:lab:1";

/** An end of a cable: a UDP socket of the machine's loopback. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** What a lab's things are called on the machine's libvirt, and by what they are known. All of it follows from the lab's directory. */
export interface SystemNames {
  readonly stack: string;
  /** The mark: tells apart labs of one name, of other users and of other containers of the machine. */
  readonly id: string;
  readonly pool: string;
  /** The pool's directory, which libvirtd makes and removes. The id is in it: a pool has no metadata to be marked by. */
  readonly poolPath: string;
  domain(server: string): string;
  /** The server of a domain's name; undefined: no lab of this stack's name has such a one. */
  server(domain: string): string | undefined;
  /** How the addresses of the lab's cables begin, three of four numbers. */
  readonly loopback: string;
  /** The ends of the cable of a card, by its MAC address: the lab's, and the server's. */
  cable(mac: string): { readonly lab: End; readonly server: End };
}

/** @param directory the lab's directory */
export function systemNames(directory: string): SystemNames {
  const stack = basename(directory);
  const hash = createHash("sha256").update(`${machineId()} ${directory}`).digest();
  const id = hash.toString("hex", 0, 8);
  const prefix = `lvs-lab-${stack}-`;
  const [first = 0, second = 0] = hash.subarray(8);
  // Far from 127.0.0.0/16, where others listen.
  const loopback = `127.${64 + (first % 191)}.${second}`;
  return {
    ...{ stack, id, loopback },
    pool: `lvs-lab-${stack}`,
    poolPath: `${IMAGES}/lvs-lab-${stack}-${id.slice(0, 8)}`,
    domain: (server) => `${prefix}${server}`,
    server: (domain) => (domain.startsWith(prefix) ? domain.slice(prefix.length) : undefined),
    cable: (mac) => {
      // The last three bytes tell apart the cards of a lab. Ports are even and odd ones from 16384 to 32767, below those that programs are given.
      const [network = 0, third = 0, fourth = 0] = mac
        .split(":")
        .slice(3)
        .map((byte) => Number.parseInt(byte, 16));
      const address = `${loopback}.${fourth}`;
      const port = 16384 + 512 * (network & 0x1f) + 2 * third;
      return { lab: { address, port }, server: { address, port: port + 1 } };
    },
  };
}

/** Two cards of a lab whose cables would have one place, if there are any: their MAC addresses were chosen by hand. */
export function clashingCards(macs: readonly string[]): readonly [string, string] | undefined {
  const seen = new Map<string, string>();
  const { cable } = systemNames("/");
  for (const mac of macs) {
    const place = JSON.stringify(cable(mac).lab);
    const other = seen.get(place);
    if (other !== undefined) return [other, mac];
    seen.set(place, mac);
  }
  return undefined;
}
