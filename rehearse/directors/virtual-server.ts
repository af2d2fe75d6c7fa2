import { type Ip, parseIp } from "../../lab/index.ts";
import { all, last, type Statement } from "../conf/tree.ts";
import { numberOf } from "./instance.ts";

/** A real_server of keepalived.conf(5). */
export interface RealServer {
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** As it is written, canonical if it is an address. */
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Blocks such as TCP_CHECK. */
  readonly checks: readonly Statement[];
}

/** A virtual_server of keepalived.conf(5). */
export interface VirtualServer {
  readonly at: Statement;
  readonly block: readonly Statement[];
  /** What packets it takes, in keepalived's words with canonical addresses, and its protocol: equal services have equal keys. */
  readonly key: string;
  /** The addresses that it serves; of a group, all of its. Empty for a firewall mark. */
  readonly addresses: readonly Ip[];
  readonly scheduler: string;
  readonly method: "NAT" | "DR" | "TUN";
  /** In seconds; 0: clients are not tied to a real server. */
  readonly persistence: number;
  /** In seconds. */
  readonly delayLoop: number;
  readonly realServers: readonly RealServer[];
}

export const virtualServersOf = (statements: readonly Statement[]): VirtualServer[] =>
  all(statements, "virtual_server").map((at) => virtualServerOf(at, statements));

function virtualServerOf(at: Statement, statements: readonly Statement[]): VirtualServer {
  const block = at.block ?? [];
  const protocol = last(block, "protocol")?.words[0]?.toUpperCase() ?? "TCP";
  const persistence = last(block, "persistence_timeout");
  const method = last(block, "lb_kind", "lvs_method")?.words[0]?.toUpperCase();
  return {
    ...{ at, block },
    key: `${at.words.map(canonical).join(" ")} ${protocol}`,
    addresses: addressesOf(at.words, statements),
    scheduler: last(block, "lb_algo", "lvs_sched")?.words[0] ?? "wlc",
    method: method === "DR" || method === "TUN" ? method : "NAT",
    persistence: persistence ? (numberOf(persistence) ?? 360) : 0,
    delayLoop: numberOf(last(block, "delay_loop")) ?? 60,
    realServers: all(block, "real_server").map(realServerOf),
  };
}

function addressesOf([first = "", second = ""]: readonly string[], statements: readonly Statement[]): Ip[] {
  if (first === "fwmark") return [];
  if (first !== "group") return [parseIp(first) ?? []].flat();
  return all(statements, "virtual_server_group")
    .filter(({ words }) => words[0] === second)
    .flatMap(({ block }) => block ?? [])
    .flatMap(({ keyword }) => parseIp(keyword.split("-")[0] ?? "") ?? []);
}

function realServerOf(at: Statement): RealServer {
  const block = at.block ?? [];
  const [address = "", port = "0"] = at.words;
  return {
    ...{ at, block, address: canonical(address), port: Number(port) },
    weight: numberOf(last(block, "weight")) ?? 1,
    checks: block.filter(({ keyword }) => /^([A-Z]+_CHECK|HTTP_GET|SSL_GET)$/.test(keyword)),
  };
}

const canonical = (text: string): string => parseIp(text) ?? text;
