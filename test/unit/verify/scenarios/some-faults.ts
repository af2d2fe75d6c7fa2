import { z } from "zod";
import { defineFault, type Fault } from "../../../../verify/faults/fault.ts";
import { targets } from "../../../../verify/faults/targets.ts";

const places = {
  any: targets.servers,
  director: targets.keepalivedDirectors,
  realServer: targets.realServers,
  network: targets.networks,
};

interface Traits {
  readonly parameters?: z.ZodObject;
  readonly masterGoes?: Fault["masterGoes"];
  readonly realServer?: Fault["realServer"];
}

const silently: Traits = { masterGoes: "silently", realServer: "silent" };
const announced: Traits = { masterGoes: "announced" };

/** A fault that is there to be named: it has an id, a place and parameters, and does nothing. */
const named = (id: string, targets: Fault["targets"], { parameters = z.object({}), ...traits }: Traits = {}): Fault =>
  defineFault({
    id,
    title: id,
    explains: id,
    parameters,
    targets,
    ...traits,
    byHand: { inject: id, heal: id },
    inject: async () => {},
    heal: async () => {},
    present: async () => ({ there: false, seen: id }),
  });

const percent = z.number().min(0).max(100).default(0);

/** Ids, places and parameters as scenarios name them: a catalogue that rules are tried on, whatever becomes of the real one. */
export const faults: readonly Fault[] = [
  named("power-off", places.any, silently),
  named("reboot", places.any, announced),
  named("pause", places.any, silently),
  named("keepalived-stop", places.director, announced),
  named("keepalived-kill", places.director, announced),
  named("vrrp-kill", places.director),
  named("httpd-stop", places.realServer, { realServer: "refuses" }),
  named("httpd-hang", places.realServer, { realServer: "hangs" }),
  named("reject-port", places.realServer, { realServer: "refuses" }),
  named("link-down", places.any, silently),
  named("partition", places.director),
  named("netem", places.any, {
    parameters: z.object({
      delayMs: z.int().min(0).max(10_000).default(0),
      jitterMs: z.int().min(0).max(10_000).default(0),
      lossPercent: percent,
      duplicatePercent: percent,
      reorderPercent: percent,
    }),
  }),
  named("disk-full", places.any),
  named("clock-skew", places.any, {
    parameters: z.object({ seconds: z.int().default(3600).describe("how far off the clock is set") }),
  }),
  named("arp-answer", places.realServer),
  named("rogue-router", places.network, {
    parameters: z.object({ priority: z.int().min(1).max(255).default(254), password: z.string().max(8).optional() }),
  }),
];
