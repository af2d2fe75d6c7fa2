/** An object of a ruleset without what differs from one run to the next: libnftables-json(5). */
export interface RulesetObject {
  readonly kind: string;
  readonly table: string;
  readonly name?: string;
  readonly [property: string]: unknown;
}

/** The objects of a ruleset or a table as `nft --json` lists it, in its order: chains before rules. None for an empty text. */
export function parseRuleset(answer: string): RulesetObject[] {
  if (answer.trim() === "") return [];
  const { nftables: listed } = JSON.parse(answer) as { nftables: Record<string, Record<string, unknown>>[] };
  return listed.flatMap((one) =>
    Object.entries(one).flatMap(([kind, { family: _, handle: __, ...object }]): RulesetObject[] =>
      kind === "metainfo" ? [] : [{ kind, table: String(object.table ?? object.name), ...object }],
    ),
  );
}

/** A base chain that filters: nft(8), chains. */
interface BaseChain {
  readonly hook: string;
  readonly priority: number;
}

/** Commands of a unit that make a table with such chains, each named after its hook, in place of an earlier one. */
export const newTable = (family: string, table: string, chains: readonly BaseChain[]): string[] => [
  `/usr/sbin/nft "add table ${family} ${table}; delete table ${family} ${table}; add table ${family} ${table}"`,
  ...chains.map(
    ({ hook, priority }) =>
      `/usr/sbin/nft "add chain ${family} ${table} ${hook} { type filter hook ${hook} priority ${priority}; }"`,
  ),
];

/** Such a chain in the form of `parseRuleset`, without its table. */
export const chainObject = ({ hook, priority }: BaseChain) =>
  ({ kind: "chain", name: hook, type: "filter", hook, prio: priority, policy: "accept" }) as const;
