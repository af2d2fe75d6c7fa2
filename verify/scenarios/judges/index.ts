import type { Expectation, ExpectationKind } from "../scenario.ts";
import { arp } from "./arp.ts";
import { balance } from "./balance.ts";
import { connections } from "./connections.ts";
import { diagnosis } from "./diagnosis.ts";
import type { Judge } from "./judge.ts";
import { log } from "./log.ts";
import { mail } from "./mail.ts";
import { outage } from "./outage.ts";
import { served } from "./served.ts";
import { share } from "./share.ts";
import { table } from "./table.ts";
import { vip } from "./vip.ts";
import { vrrp } from "./vrrp.ts";

/** How each kind of expectation is judged. A new one is its file and a row here. */
const judges: { readonly [K in ExpectationKind]: Judge<Extract<Expectation, { kind: K }>> } = {
  served,
  vip,
  arp,
  table,
  balance,
  mail,
  log,
  vrrp,
  diagnosis,
  outage,
  failed: share as Judge<Extract<Expectation, { kind: "failed" }>>,
  delayed: share as Judge<Extract<Expectation, { kind: "delayed" }>>,
  connections,
};

export const judgeOf = (expectation: Expectation): Judge => judges[expectation.kind] as unknown as Judge;
