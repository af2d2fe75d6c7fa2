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
