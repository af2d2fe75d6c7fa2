import type { Looks } from "../../../../class/guide/look.ts";
import { type ClientLook, readClientLook, readServerLook, type ServerLook } from "../../../../class/guide/look.ts";
import { interfaceOn, type Lab, serverNamed } from "../../../../lab/index.ts";
import type { Section } from "../../../../provision/ssh/index.ts";

/** Answers to a look's questions; what is not given is empty, as of a program that is not installed. */
export const answers = (given: Readonly<Record<string, string>>): Record<string, Section> =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, { text, code: 0 }]));

export const address = (device: string, withPrefix: string): string =>
  `2: ${device}    inet ${withPrefix} brd 172.25.254.255 scope global ${device}\\       valid_lft forever preferred_lft forever\n`;

export const TABLE_HEAD = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;

/** A table as `ipvsadm -ln` prints it. */
export const table = (service: string, ...reals: string[]): string =>
  `${TABLE_HEAD}TCP  ${service} rr\n${reals.map((real) => `  -> ${real.padEnd(28)} Route   1      0          0         \n`).join("")}`;

export const counts = (connections: number): string =>
  `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  172.25.254.100:80                  ${connections}       60        0     4000        0
  -> 172.25.254.12:80                   ${Math.floor(connections / 2)}       30        0     2000        0
`;

/** `ss` of a server on which these TCP ports are listened on. */
export const ports = (...all: number[]): string =>
  all.map((port) => `tcp   LISTEN 0      511                *:${port}            *:*          \n`).join("");

/** What a look finds where servers answer as given, and the client has these entries. */
export function looksOf(
  lab: Lab,
  servers: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>,
  entries: Readonly<Record<string, string>> = {},
): Looks & { readonly client: ClientLook } {
  const neighbours = Object.entries(entries).map(
    ([vip, server]) => `${vip} dev eth0 lladdr ${macOn(lab, server)} REACHABLE\n`,
  );
  return {
    servers: new Map(
      lab.servers.map(({ name }): [string, ServerLook | undefined] => {
        const given = name in servers ? servers[name] : {};
        return [name, given && readServerLook(answers(given))];
      }),
    ),
    client: readClientLook(lab, answers({ entries: neighbours.join("") })),
  };
}

/** A server's hardware address on the client's network. */
export const macOn = (lab: Lab, server: string): string =>
  interfaceOn(serverNamed(lab, server), lab.networks[0]?.name ?? "").mac.toLowerCase();
