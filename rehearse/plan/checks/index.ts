import { type Ip, parseIp } from "../../../lab/index.ts";
import { all, last, type Statement } from "../../conf/tree.ts";
import type { Check } from "../../directors/check.ts";
import { numberOf } from "../../directors/instance.ts";
import type { RealServer } from "../../directors/virtual-server.ts";
import type { Answers, CheckAnswers, CheckTarget, Pages } from "./kind.ts";
import { udp } from "./udp.ts";
import { web } from "./web.ts";

export type { Answers, DatagramDemand, Pages, WebDemand } from "./kind.ts";
export { md5 } from "./web.ts";

/**
 * What health checks ask of a host, by their keywords. What is not here asks nothing of a port: the kernel answers PING_CHECK, and the others look at
 * something on the director. A new kind is its file and a row.
 */
const kinds: Readonly<Record<string, CheckAnswers>> = {
  TCP_CHECK: ({ port }) => ({ web: [{ port, tls: false }] }),
  HTTP_GET: web,
  SSL_GET: web,
  SMTP_CHECK: ({ port }) => ({ mail: [port] }),
  UDP_CHECK: udp,
  DNS_CHECK: ({ port }) => ({ datagrams: [{ port, dns: true }] }),
};

/** Where a check of a real server goes to: its `connect_ip` and `connect_port`, and those of the hosts that an SMTP_CHECK may list. */
export function targetsOf(check: Check, real: RealServer): CheckTarget[] {
  if (!(check.kind in kinds)) return [];
  const own = targetIn(check.block, { address: real.address, port: check.port ?? real.port });
  const hosts = all(check.block, "host").map(({ block }) =>
    targetIn(block ?? [], { address: real.address, port: real.port }),
  );
  const ownCounts = hosts.length === 0 || last(check.block, "connect_ip", "connect_port") !== undefined;
  return [...(ownCounts ? [own] : []), ...hosts].flatMap((one) => one ?? []);
}

function targetIn(
  block: readonly Statement[],
  otherwise: { readonly address: string; readonly port: number },
): CheckTarget | undefined {
  const address: Ip | undefined = parseIp(last(block, "connect_ip")?.words[0] ?? otherwise.address);
  return address === undefined ? undefined : { address, port: numberOf(last(block, "connect_port")) ?? otherwise.port };
}

/** What a check asks of a host on one of its ports. */
export const answersTo = (check: Check, real: RealServer, port: number, name: string, pages: Pages): Answers =>
  kinds[check.kind]?.({
    ...{ check, port, name, pages },
    words: `${check.kind} of ${real.address} ${real.port}`,
  }) ?? {};
