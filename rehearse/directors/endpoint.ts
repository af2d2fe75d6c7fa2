import type { Ip } from "../../lab/index.ts";
import { addressIn, port as portValue } from "../conf/values.ts";

/** Where a virtual server, a real server or a sorry server is. */
export interface Endpoint {
  readonly address: Ip;
  /** 0: none is written. */
  readonly port: number;
}

/** The words `ADDRESS PORT` behind a keyword; undefined if keepalived does not take them. */
export function endpointOf([text = "", port = "0"]: readonly string[]): Endpoint | undefined {
  const address = addressIn(text);
  const number = port === "0" ? "0" : portValue.taken(port);
  return address === undefined || number === undefined ? undefined : { address, port: Number(number) };
}

/** Why keepalived leaves an address or an entry out, or takes the firewall mark 0 for one, and what to write. */
export interface Refusal {
  readonly wrong: string;
  readonly fix: string;
}

/**
 * What is wrong with words that are no endpoint.
 * @param form what to write, such as `real_server ADDRESS PORT`
 */
export const refusalOf = ([text = "", port]: readonly string[], form: string): Refusal =>
  addressIn(text) === undefined
    ? { wrong: `${text} is no address`, fix: `write \`${form}\`, with an IPv4 or IPv6 address` }
    : { wrong: `${port} is no port`, fix: "write a number, 1 to 65535" };
