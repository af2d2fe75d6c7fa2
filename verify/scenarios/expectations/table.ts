import { z } from "zod";
import { destinationKeyOf, ipvsKeyOf, type RealServer } from "../../../lab/index.ts";
import { hostLabel } from "../../../lab/schema.ts";
import { property } from "../../../lab/yaml/schema.ts";
import { parseIpvsTable } from "../../../provision/roles/ipvs-table.ts";
import { namedTwice } from "../named-twice.ts";
import type { Selector } from "../selectors.ts";
import { director, server } from "../values.ts";
import { defineExpectation, type Mention, type Names } from "./kind.ts";

/**
 * State: the real servers with a weight above 0 in a director's IPVS table for the virtual service are exactly these, less those in
 * `without` (already taken out in a `ResolvedScenario`); a sorry server is none of them. A director without the virtual service has none. File: `none`, or left out for
 * all real servers of the lab with a weight.
 */
export interface TableExpectation {
  readonly kind: "table";
  readonly on: Selector;
  readonly realServers: readonly Selector[];
  readonly without: readonly Selector[];
}

const realServers = property(
  z.union([
    z.string().regex(hostLabel),
    z.array(server("real-server-1, real-server-2 … or real-servers", "write `real-server-1`")).min(1),
  ]),
  "none, a real server, or a list of them",
  "write `real-server-1`, `[real-server-1, real-server-2]` or `none`",
);

export const table = defineExpectation({
  schema: property(
    z.strictObject({ on: director("on"), realServers: realServers.optional(), without: realServers.optional() }),
    "a map with on, and realServers or without",
    "write `table: { on: master }` for all real servers, or `table: { on: master, without: real-server-1 }`",
  ),
  complete: ({ on, realServers = "real-servers", without = "none" }): TableExpectation => ({
    kind: "table",
    on,
    realServers: list(realServers),
    without: list(without),
  }),
  selectors: ({ on, realServers, without }) => [
    { path: ["on"], selector: on, wanted: "a director" },
    ...mentions("realServers", realServers),
    ...mentions("without", without),
  ],
  resolve(expectation, names) {
    const not = expectation.without.flatMap(names.all);
    const found = expectation.realServers.flatMap((one) => inTable(one, names)).filter((name) => !not.includes(name));
    return { ...expectation, on: names.one(expectation.on), realServers: [...new Set(found)], without: [] };
  },
  rules: {
    *"named-twice"({ realServers, without }, { path }) {
      yield* namedTwice(realServers, [...path, "realServers"]);
      yield* namedTwice(without, [...path, "without"]);
    },
  },
  waitsFor: "ssh",
  expected: ({ on, realServers }) => `${on}'s IPVS table sends to ${realServers.join(" and ") || "no real server"}`,
  async look({ on, realServers }, { service: wanted }, view) {
    const key = ipvsKeyOf(wanted);
    const { output } = await view.on(on)`ipvsadm --save --numeric`;
    const service = parseIpvsTable(output).find((one) => one.key === key);
    const addresses = Object.entries(service?.destinations ?? {}).flatMap(([address, { weight }]) =>
      weight > 0 ? [address] : [],
    );
    const isAt = (at: string, real: Pick<RealServer, "address" | "port" | "portInTable">) =>
      destinationKeyOf(wanted, real) === at;
    const nameOf = (at: string) => wanted.realServers.find((one) => isAt(at, one))?.server;
    // A sorry server is in the table while no real server is.
    const sorry = addresses.filter((at) => wanted.sorryServer && isAt(at, wanted.sorryServer));
    const found = addresses.filter((at) => !sorry.includes(at)).map((at) => nameOf(at) ?? at);
    const words = found.join(" and ") || (sorry.length > 0 ? "the sorry server" : "none");
    return {
      ok: found.toSorted().join() === realServers.toSorted().join(),
      seen: service ? `it sends to ${words}` : "it has no such virtual service",
    };
  },
  hint: "`npx lvs-lab ssh SERVER -- ipvsadm -ln`; keepalived's journal there tells what its health checks saw.",
});

const list = (realServers: string | readonly string[]): readonly string[] =>
  typeof realServers !== "string" ? realServers : realServers === "none" ? [] : [realServers];

function mentions(key: string, value: string | readonly string[] | undefined): Mention[] {
  if (value === undefined || value === "none") return [];
  return typeof value === "string"
    ? [{ path: [key], selector: value, wanted: "real servers" }]
    : value.map((selector, index) => ({ path: [key, index], selector, wanted: "real servers" }));
}

/** The real servers that a director sends requests to: of `real-servers`, those with a weight above 0. */
function inTable(selector: Selector, { service, all }: Names): string[] {
  const idle = service.realServers.flatMap((one) => (one.weight === 0 ? [one.server] : []));
  const names = all(selector);
  return selector === "real-servers" ? names.filter((name) => !idle.includes(name)) : names;
}
