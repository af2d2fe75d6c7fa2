import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { portsOfService } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { connectTo, serverRef } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { chainObject, newTable, parseRuleset } from "./nft-ruleset.ts";
import { defineRole } from "./role.ts";
import { typedUnit } from "./typed.ts";

/** The role's own table: no other is touched. */
const TABLE = "lvs_lab_marks";

const marked = z.object({ vip: z.ipv4(), protocol: z.enum(["tcp", "udp"]), ports: z.array(z.number()).min(1) });
type Marked = z.output<typeof marked>;

/**
 * Gives packets of virtual services their firewall marks before IPVS sees them: several ports, by one mark, are one service to it
 * (ipvsadm(8), --fwmark-service). By nftables: nft(8), statement `meta mark set`.
 */
export const firewallMarks = defineResource({
  type: "FirewallMarks",
  summary: "Firewall marks of packets for virtual services, by nftables: several ports become one service of IPVS.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** By mark. Its ports are in the order of the lab file. */
    marks: z.record(z.string(), marked),
    onBoot: z.literal(true).default(true),
  }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      // As JSON: the text differs between versions. It fails where there is no such table.
      table: `nft --json list table ip ${TABLE}`,
      ...bootUnitQuestions(unit(inputs)),
    });
    return { marks: marksIn(seen.table.text, inputs.marks), onBoot: isOnBoot(unit(inputs), seen) as true };
  },

  async apply(inputs, _observed, progress) {
    progress("firewall marks");
    await (await connectTo(inputs.server)).script(restartBootUnit(unit(inputs)));
  },

  async remove(inputs) {
    await (await connectTo(inputs.server)).script(removeBootUnit(unit(inputs)));
  },
});

interface Wanted {
  readonly marks: Readonly<Record<string, Marked>>;
}

/** Where packets come in, at the priority that nft(8) names mangle. */
const CHAIN = { hook: "prerouting", priority: -150 };

const ruleOf = (mark: string, { vip, protocol, ports }: Marked): string =>
  `ip daddr ${vip} ${protocol} dport { ${ports.join(", ")} } meta mark set ${mark}`;

const startLines = ({ marks }: Wanted): string[] => [
  ...newTable("ip", TABLE, [CHAIN]),
  ...Object.entries(marks).map(
    ([mark, one]) => `/usr/sbin/nft add rule ip ${TABLE} ${CHAIN.hook} ${ruleOf(mark, one)}`,
  ),
];

export const unit = (wanted: Wanted): BootUnit => ({
  name: "lvs-firewall-marks",
  description: "Firewall marks of packets for virtual services",
  start: startLines(wanted),
  stop: [`-/usr/sbin/nft delete table ip ${TABLE}`],
});

/** The wanted marks whose rules the table has. A table with anything else has none of them right: an earlier rule may decide otherwise. */
export function marksIn(text: string, wanted: Readonly<Record<string, Marked>>): Record<string, Marked> {
  const found = parseRuleset(text).filter(({ kind }) => kind !== "table" && kind !== "set");
  const expected = [
    { table: TABLE, ...chainObject(CHAIN) },
    ...Object.entries(wanted).map(([mark, one]) => ruleObject(mark, one)),
  ];
  const isWhole = isDeepStrictEqual(found, expected);
  return isWhole ? { ...wanted } : {};
}

/** A rule as libnftables-json(5) has it. A set of one is no set. */
function ruleObject(mark: string, { vip, protocol, ports }: Marked): object {
  const field = (of: string, name: string) => ({ payload: { protocol: of, field: name } });
  const sorted = ports.toSorted((one, other) => one - other);
  return {
    kind: "rule",
    table: TABLE,
    chain: CHAIN.hook,
    expr: [
      { match: { op: "==", left: field("ip", "daddr"), right: vip } },
      { match: { op: "==", left: field(protocol, "dport"), right: sorted.length === 1 ? sorted[0] : { set: sorted } } },
      { mangle: { key: { meta: { key: "mark" } }, value: Number(mark) } },
    ],
  };
}

export const role = defineRole({
  resource: firewallMarks,

  /** By the marks of services that have one. */
  inputsOf(lab, { role: kind }) {
    const marks = Object.fromEntries(
      lab.services.flatMap((service) => {
        const { firewallMark, vip, protocol } = service;
        if (firewallMark === undefined) return [];
        return [[String(firewallMark), { vip, protocol, ports: portsOfService(service) }] as const];
      }),
    );
    return kind === "director" && Object.keys(marks).length > 0 ? { marks } : undefined;
  },

  packageGroups: () => ["nftables"],

  byHand: (wanted) => ({
    steps: [
      {
        why: "Mark the packets of each group of ports before IPVS sees them: by the mark, several ports are one virtual service.",
        commands: typedUnit(startLines(wanted)),
        check: "port-group",
      },
    ],
    unit: unit(wanted),
  }),
});
