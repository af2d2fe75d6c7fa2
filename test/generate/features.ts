import { healthCheckTypes, protocols, schedulers } from "../../lab/index.ts";
import { schedulingMethods } from "../../lab/schedulers/index.ts";
import { forwardings, labSchema } from "../../lab/schema.ts";
import { propertyPaths } from "../../lab/yaml/schema.ts";

/** Properties that no keepalived.conf depends on. */
const elsewhere = [
  ...["name", "memory", "arpCure", "image", "client", "servers[].memory", "servers[].arpCure", "servers[].interfaces"],
  // Its name counts in problems and results alone.
  "services[].name",
];

const values: readonly (readonly [path: string, values: readonly unknown[]])[] = [
  ["os", ["debian-12", "debian-13"]],
  ["services[].protocol", protocols],
  ["services[].forwarding", forwardings],
  ["services[].scheduler", schedulers],
  ["services[].schedulerFlags[]", Object.values(schedulingMethods).flatMap(({ flags }) => flags)],
  ["services[].healthCheck.type", healthCheckTypes],
  ["vrrp[].version", [2, 3]],
  ["vrrp[].members[].state", ["MASTER", "BACKUP"]],
  ["vrrp[].notify", [true]],
];

/** Every property of a lab file that reaches a keepalived.conf, by its path, and every choice, as `PATH=VALUE`. */
export const allFeatures: readonly string[] = [
  ...propertyPaths(labSchema).filter(
    (path) => !elsewhere.some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[]`)),
  ),
  ...values.flatMap(([path, choices]) => choices.map((choice) => `${path}=${choice}`)),
];

/** Those that a file has. */
export function featuresIn(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((item) => featuresIn(item, `${path}[]`))];
  if (typeof value !== "object" || value === null) return [path, `${path}=${value}`];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => featuresIn(inner, path ? `${path}.${key}` : key))];
}
