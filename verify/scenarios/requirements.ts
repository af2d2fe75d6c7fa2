import { z } from "zod";
import {
  type HealthCheckType,
  healthCheckTypes,
  instanceOfVip,
  type Lab,
  type VirtualService,
} from "../../lab/index.ts";
import { forwardings } from "../../lab/schema.ts";
import { choice, property } from "../../lab/yaml/schema.ts";

/** `requires` of a scenario file: properties that a lab must have beside its control. An absent one may have any value. */
export const requiresSchema = z.strictObject({
  /** `preempt` of the VRRP instance. */
  preempt: property(z.boolean(), "true or false", "write `preempt: false`").optional(),
  /** The forwarding method of the service. */
  forwarding: choice(forwardings, "write `forwarding: nat`").optional(),
  /** The kinds of health check that the service may have. */
  healthCheck: property(
    z.union([z.enum(healthCheckTypes), z.array(choice(healthCheckTypes, "write `http`")).min(1)]),
    `one of ${healthCheckTypes.join(", ")}, or a list of them`,
    "write `healthCheck: http`",
  ).optional(),
  /** Whether the service has a sorry server. */
  sorryServer: property(z.boolean(), "true or false", "write `sorryServer: true`").optional(),
  /** `connectionSync` of the VRRP instance. */
  connectionSync: property(z.boolean(), "true or false", "write `connectionSync: true`").optional(),
});

export type Requirements = z.output<typeof requiresSchema>;
type Given = { readonly [K in keyof Requirements]?: Requirements[K] | undefined };

/** Those that only a lab under keepalived can meet. */
export const keepalivedRequirements = ["preempt", "healthCheck", "sorryServer", "connectionSync"] as const;

/** A requirement that a lab does not meet. */
interface Unmet {
  readonly key: keyof Requirements;
  readonly expected: string;
  readonly remedy: string;
}

const elsewhere = "run the scenario on such a lab: `--stack` chooses one";

/** The requirements of a scenario that a service of a lab does not meet. */
export function unmetRequirements(requires: Given, lab: Lab, service: VirtualService): Unmet[] {
  const unmet: Unmet[] = [];
  const { preempt, forwarding, healthCheck, sorryServer, connectionSync } = requires;
  const instance = instanceOfVip(lab, service.vip);
  if (preempt !== undefined && instance && preempt !== instance.preempt) {
    unmet.push({
      key: "preempt",
      expected: `\`preempt\` of the lab ${lab.name}, which is ${instance.preempt}`,
      remedy: `write \`preempt: ${preempt}\` in \`vrrp\` of a lab file of your own`,
    });
  }
  if (forwarding !== undefined && forwarding !== service.forwarding) {
    unmet.push({
      key: "forwarding",
      expected: `\`forwarding\` of the service ${service.name}, which is ${service.forwarding}`,
      remedy: elsewhere,
    });
  }
  const type = service.healthCheck?.type;
  const types: readonly (HealthCheckType | undefined)[] = [healthCheck].flat();
  if (healthCheck !== undefined && !types.includes(type)) {
    unmet.push({
      key: "healthCheck",
      expected: `the health check of the service ${service.name}, which is ${type ?? "none"}`,
      remedy: elsewhere,
    });
  }
  if (sorryServer !== undefined && sorryServer !== (service.sorryServer !== undefined)) {
    unmet.push({
      key: "sorryServer",
      expected: `what the service ${service.name} has, which is ${sorryServer ? "no" : "a"} sorry server`,
      remedy: elsewhere,
    });
  }
  const synced = instance?.connectionSync ?? false;
  if (connectionSync !== undefined && connectionSync !== synced) {
    unmet.push({
      key: "connectionSync",
      expected: `\`connectionSync\` of the lab ${lab.name}, which is ${synced}`,
      remedy: elsewhere,
    });
  }
  return unmet;
}
