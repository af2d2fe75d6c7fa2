/** An object of a ruleset without what differs from one run to the next: libnftables-json(5). */
export interface RulesetObject {
  readonly kind: string;
  readonly table: string;
  readonly name?: string;
  readonly [property: string]: unknown;
}

/** The objects of `nft --json list ruleset FAMILY`, in its order: chains before rules. */
export function objectsIn(answer: string): RulesetObject[] {
  if (answer.trim() === "") return [];
  const { nftables: listed } = JSON.parse(answer) as { nftables: Record<string, Record<string, unknown>>[] };
  return listed.flatMap((one) =>
    Object.entries(one).flatMap(([kind, { family: _, handle: __, ...object }]): RulesetObject[] =>
      kind === "metainfo" ? [] : [{ kind, table: String(object.table ?? object.name), ...object }],
    ),
  );
}
