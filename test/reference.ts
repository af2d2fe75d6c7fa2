/** So many steps take a tenth of a second on one idle core of the machine that the budgets are for. */
const STEPS = 55_000_000;

/**
 * How slow this machine is: how long one core takes for a piece of work, as a multiple of what it takes where the budgets of test/budgets.ts come from. It is
 * the processor's time that counts: what else runs here meanwhile makes nothing slower by this measure, and a test that has real-time priority least of all.
 */
export function slowness(): number {
  const begun = process.cpuUsage();
  let state = 1;
  for (let step = 0; step < STEPS; step++) {
    state ^= state << 13; // Marsaglia's xorshift: each step needs the one before
    state ^= state >>> 17;
    state ^= state << 5;
  }
  if (state === 0) throw new Error("xorshift never reaches 0");
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e5;
}
