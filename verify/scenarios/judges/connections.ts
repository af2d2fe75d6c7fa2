import type { ConnectionsExpectation } from "../scenario.ts";
import type { Judge } from "./judge.ts";
import { probeOf } from "./requests.ts";

export const connections: Judge<ConnectionsExpectation> = {
  expected: ({ fate }) => `the long-lived connections ${fate}`,
  look({ fate }, observed) {
    const { from, step } = observed.window;
    // Connections are opened after the run began; one that its server closed in order, at its own limit, tells nothing.
    const held = probeOf(observed)
      .held.filter(({ opened, closed }) => (opened < from || step === 0) && (closed === null || closed >= from))
      .filter(({ closed, error }) => closed === null || error !== undefined);
    const broken = held.filter(({ error }) => error !== undefined).length;
    const alive = held.filter(({ error, answered }) => error === undefined && answered >= from).length;
    return {
      ok: held.length > 0 && (fate === "survive" ? alive === held.length : broken === held.length),
      seen: `of ${held.length}, ${broken} broke and ${alive} were answered since`,
    };
  },
  hint: "Without connection synchronisation (ipvsadm --start-daemon) a new director knows nothing of old connections.",
};
