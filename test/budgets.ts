/**
 * How long each slow test file may take, in seconds, on a machine whose `slowness` is 1: two idle cores, no KVM. A half more than was measured
 * there, rounded up. A file that is not named here is part of `OTHERS`.
 */
const budgets: Readonly<Record<string, number>> = {};

/** For all other files, which run side by side: those of `npm run test:quick`. */
export const OTHERS = 60;

/** For the whole of `npm test`: 15 minutes. */
export const WHOLE = 900;

export const budgetOf = (file: string): number | undefined => budgets[file];
