/** So many steps take a tenth of a second on one idle core of the machine that the budgets are for. */
const STEPS = 55_000_000;

/**
 * How slow this machine is at this moment: how long one core takes for a piece of work, as a multiple of what it takes where the budgets of
 * test/budgets.ts come from.
 */
export function slowness(): number {
  const begun = performance.now();
  let state = 1;
  for (let step = 0; step < STEPS; step++) {
    state ^= state << 13; // Marsaglia's xorshift: each step needs the one before
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error("xorshift never reaches 0");
  return (performance.now() - begun) / 100;
}
