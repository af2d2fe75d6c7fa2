/**
 * Quantiles by nearest rank: the smallest value that at least the given share of the values does not exceed. Each is a measured value,
 * rounded to microseconds; zero if there are no values.
 */
export function quantiles<const S extends readonly number[]>(
  values: readonly number[],
  shares: S,
): { -readonly [K in keyof S]: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return shares.map((share) => Math.round(at(share) * 1000) / 1000) as { -readonly [K in keyof S]: number };
}
