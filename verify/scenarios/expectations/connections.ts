import { choice } from "../../../lab/yaml/schema.ts";
import { defineExpectation } from "./kind.ts";
import { probeOf } from "./requests.ts";

/**
 * Measure, of the long-lived connections that were open when the window began (in the first window: that the load opened): all are still
 * open and were answered since (`survive`); or all were closed, reset or had no answer within the load's timeout (`break`). If there was
 * none, neither holds.
 */
export interface ConnectionsExpectation {
  readonly kind: "connections";
  readonly fate: "survive" | "break";
}

export const connections = defineExpectation({
  schema: choice(["survive", "break"], "write `connections: survive` or `connections: break`"),
  complete: (fate): ConnectionsExpectation => ({ kind: "connections", fate }),
  load: "connections",
  isMeasure: () => true,
  expected: ({ fate }) => `the long-lived connections ${fate}`,
  look({ fate }, observed) {
    const { from, step } = observed.window;
    // Connections open after the run begins. One that its server closed in order, at its own limit, proves nothing.
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
});
