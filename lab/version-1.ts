import { readYaml, writeYaml } from "./yaml/document.ts";
import { FileError } from "./yaml/problem.ts";

type Old = Readonly<Record<string, unknown>>;

const asMap = (value: unknown): Old => (typeof value === "object" && value !== null ? (value as Old) : {});

/**
 * Answers a lab file of the first form, which had a `stage`, with what to write instead.
 * @throws FileError if it is one
 */
export function refuseVersion1(text: string, file: string): void {
  if (!text.includes("stage")) return; // to read a file's YAML takes a quarter of all its reading
  const yaml = readYaml(text);
  const old = asMap(yaml.value);
  if (!("stage" in old)) return;
  throw new FileError(file, text, [
    yaml.locate({
      rule: "version-1",
      path: ["stage"],
      atKey: true,
      expected: "the present form of a lab file, with `control` and lists of networks, services and VRRP instances",
      found: "`stage`, a key of the first form",
      remedy: `replace the contents of the file with these, and carry comments over by hand:\n\n${writeYaml(presentForm(old))}`,
    }),
  ]);
}

/** The same lab in the present form; what is invalid stays so, and is told when the new file is read. */
export function presentForm(old: Old): Old {
  const { name, stage, exercise, os, network, service, arpCure, image, memory, keepalived, ...rest } = old;
  const { servers: list, ...unknown } = rest;
  const servers = Array.isArray(list) ? list.map(asMap) : [];
  const goal = stage === "bare" ? (exercise ?? "dr") : stage;
  const { subnet, client } = asMap(network);
  const { virtualRouterId, vrrpVersion, delayLoop, connectTimeout, delayBeforeRetry, ...election } = asMap(keepalived);
  const healthCheck = given({ delayLoop, connectTimeout, delayBeforeRetry });
  const destinations = servers.filter(({ role }) => role === "real-server");
  const chosen = destinations.some(({ weight, page }) => weight !== undefined || page !== undefined);
  const directors = servers.filter(({ role }) => role === "director");
  return given({
    name,
    setup: stage === "bare" ? "manual" : undefined,
    control: goal === "ha" ? "keepalived" : "ipvsadm",
    os,
    memory,
    arpCure,
    image,
    networks: [given({ subnets: subnet === undefined ? undefined : [subnet] })],
    client: client === undefined ? undefined : { addresses: [client] },
    services: [
      given({
        ...asMap(service),
        healthCheck: Object.keys(healthCheck).length > 0 ? healthCheck : undefined,
        realServers: chosen
          ? destinations.map((one) => given({ server: one.name, weight: one.weight, page: one.page }))
          : undefined,
      }),
    ],
    vrrp:
      goal === "ha"
        ? [
            given({
              id: virtualRouterId,
              version: vrrpVersion,
              ...election,
              members: directors.map((one) => given({ server: one.name, priority: one.priority, state: one.state })),
            }),
          ]
        : undefined,
    servers: servers.map(({ address, mac, priority: _p, state: _s, weight: _w, page: _t, ...server }) =>
      given({
        name: server.name,
        addresses: address === undefined ? undefined : [address],
        ...server,
        interfaces: mac === undefined ? undefined : [{ network: "segment", mac }],
      }),
    ),
    ...unknown,
  });
}

/** Without what is undefined. */
const given = (map: Old): Old => Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));
