/** Whether all weights are the same. */
export const alike = (weights: readonly number[]): boolean => new Set(weights).size === 1;

/** The greatest number that divides all weights above 0; 1 where there is none. */
export const commonDivisor = (weights: readonly number[]): number => weights.reduce(divisorOf, 0) || 1;

const divisorOf = (one: number, other: number): number => (other === 0 ? one : divisorOf(other, one % other));
