import { interruptible } from "../live/interruptible.ts";
import type { View } from "../live/view.ts";
import { findFault, type Injected, Ledger } from "./ledger.ts";

/**
 * Runs `work` with a fault on a server, and heals it in any case. Meanwhile it is in the ledger: if this process is
 * killed, `lvs-lab heal` and `up` heal it.
 * @param given the fault's parameters where they are not its defaults
 * @param work checks the signal between two steps; it aborts at SIGINT, SIGTERM and SIGHUP
 * @throws InterruptedError at a signal, after healing
 */
export async function whileBroken<T>(
  view: View,
  id: string,
  server: string,
  work: (signal: AbortSignal) => Promise<T>,
  given: Injected["parameters"] = {},
): Promise<T> {
  const ledger = new Ledger(view.live);
  const fault = findFault(id);
  const parameters = fault.parameters.parse(given);
  return await interruptible(async (signal) => {
    try {
      await ledger.inject(fault, server, parameters, view);
      signal.throwIfAborted();
      return await work(signal);
    } finally {
      await ledger.heal({ fault: id, server, parameters }, view);
    }
  });
}
