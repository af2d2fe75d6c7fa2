/**
 * Quantiles by the nearest rank: of n values, the smallest one that at least the given share of them does not exceed. So each is a value
 * that was measured. To microseconds; zero of no values.
 */
export function quantiles<const S extends readonly number[]>(
  values: readonly number[],
  shares: S,
): { -readonly [K in keyof S]: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return shares.map((share) => Math.round(at(share) * 1000) / 1000) as { -readonly [K in keyof S]: number };
}
