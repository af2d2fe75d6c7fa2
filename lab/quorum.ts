import { z } from "zod";
import { command, commandExpected, commandRemedy, wordsOf } from "./command.ts";
import { type Family, type Ip, toIp } from "./ip.ts";
import { property, wholeNumber } from "./yaml/schema.ts";

/** What keepalived does when too few real servers are left: keepalived.conf(5), "virtual_server". What a lab does not have has no key. */
export interface Quorum {
  /** Real servers start as failed, until their first check succeeds. */
  readonly alpha?: true;
  /** A keepalived that stops runs `quorumDown`, and mails about each real server. */
  readonly omega?: true;
  /** The sum of the weights of healthy real servers with which the service is up; not there: 1. */
  readonly quorum?: number;
  /** How much less keeps a service up that is up, and how much more brings up one that is down. */
  readonly hysteresis?: number;
  /** The words of a command that keepalived runs when the quorum is gained, and when it is lost. */
  readonly quorumUp?: readonly string[];
  readonly quorumDown?: readonly string[];
  readonly sorryServer?: SorryServer;
}

/** Who answers while the quorum is lost; the real servers that are left are taken out. keepalived does not check it. */
export interface SorryServer {
  /** The server's name; not there: each director answers itself. */
  readonly server?: string;
  readonly address: Ip;
  readonly port: number;
  readonly page: string;
  /** It stays in the table with weight 0 while the quorum is there, so that its connections can end. */
  readonly inhibit?: true;
}

/** A director that sends a packet to this address keeps it (IPVS: a local destination). */
const itself = { 4: toIp("127.0.0.1"), 6: toIp("::1") } as const;

/** What a sorry server serves where the file has no page. */
export const defaultSorryPage = "Sorry, no server is available.\n";

const yesOrNo = (what: string, key: string) =>
  property(z.boolean(), "true or false", `write \`${key}: true\` ${what}, or leave it out`).default(false);

const example = "/usr/bin/logger quorum lost";

/** The properties of a service in a lab file. */
export const quorumProperties = {
  alpha: yesOrNo("to let real servers in after their first check", "alpha"),
  omega: yesOrNo("to run quorumDown when keepalived stops", "omega"),
  quorum: wholeNumber(
    1,
    1_000_000,
    "the sum of the weights of healthy real servers with which the service is up",
    "quorum: 2",
  ).optional(),
  hysteresis: wholeNumber(0, 1_000_000, "a part of the quorum", "hysteresis: 1").optional(),
  quorumUp: property(command(), commandExpected, commandRemedy(`quorumUp: ${example}`)).optional(),
  quorumDown: property(command(), commandExpected, commandRemedy(`quorumDown: ${example}`)).optional(),
  sorryServer: property(
    z.strictObject({
      server: property(
        z.string(),
        "the name of a real server",
        "write `server: server5`, or leave it out for the director itself",
      ).optional(),
      page: property(z.string(), "the text of the page", 'write `page: "Sorry"`, or leave it out').default(
        defaultSorryPage,
      ),
      inhibit: yesOrNo("to leave it in the table with weight 0", "inhibit"),
    }),
    "a map with server or page",
    "write `sorryServer: { server: server5 }`, or `sorryServer: {}` for the director itself",
    { address: "write `server: server5`, the name of a server of the lab", port: "remove it: it is the service's" },
  ).optional(),
};

type Given = z.output<z.ZodObject<typeof quorumProperties>>;

/** @param where the address of a server of the lab, and the family of the service's VIP and its port */
export function completeQuorum(
  { alpha, omega, quorum, hysteresis, quorumUp, quorumDown, sorryServer }: Given,
  { addressOf, family, port }: { addressOf: (server: string) => Ip; family: Family; port: number },
): Quorum {
  return {
    ...(alpha ? { alpha } : {}),
    ...(omega ? { omega } : {}),
    ...(quorum === undefined ? {} : { quorum }),
    ...(hysteresis === undefined ? {} : { hysteresis }),
    ...(quorumUp === undefined ? {} : { quorumUp: wordsOf(quorumUp) }),
    ...(quorumDown === undefined ? {} : { quorumDown: wordsOf(quorumDown) }),
    ...(sorryServer === undefined
      ? {}
      : {
          sorryServer: {
            ...(sorryServer.server === undefined ? {} : { server: sorryServer.server }),
            address: sorryServer.server === undefined ? itself[family] : addressOf(sorryServer.server),
            port,
            page: sorryServer.page,
            ...(sorryServer.inhibit ? { inhibit: true } : {}),
          },
        }),
  };
}
