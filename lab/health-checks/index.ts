import { z } from "zod";
import { choice, property, wholeNumber } from "../yaml/schema.ts";
import { dns } from "./dns.ts";
import { http } from "./http.ts";
import { https } from "./https.ts";
import type { HealthCheckKind } from "./kind.ts";
import { misc } from "./misc.ts";
import { ping } from "./ping.ts";
import { smtp } from "./smtp.ts";
import { tcp } from "./tcp.ts";
import { udp } from "./udp.ts";

/** Every kind of health check, by the name that a lab file takes. A new one is its file and a row here. */
const kinds = { tcp, http, https, udp, dns, smtp, ping, misc };

type Kinds = typeof kinds;
export type HealthCheckType = keyof Kinds;

/** A service's health check, complete: keepalived.conf(5), "real_server". */
export type HealthCheck = ReturnType<Kinds[HealthCheckType]["complete"]>;

export const healthCheckTypes = Object.keys(kinds) as HealthCheckType[];

/** A kind by its name, without the types of its own. */
export const healthCheckKind = (type: HealthCheckType): HealthCheckKind<z.ZodRawShape, HealthCheck> =>
  kinds[type] as unknown as HealthCheckKind<z.ZodRawShape, HealthCheck>;

/** The textbook's, where the file has none. */
const defaults = { delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };

const seconds = (what: string, key: keyof typeof defaults) =>
  wholeNumber(1, 3600, what, `${key}: ${defaults[key]}`).default(defaults[key]);

/** A service's health check in a lab file: the properties of all kinds, each by itself. What does not belong to the kind, a rule refuses. */
export const healthCheckSchema = property(
  z.strictObject({
    type: choice(healthCheckTypes, "write `type: tcp`, or leave it out").default("tcp"),
    ...tcp.properties,
    ...http.properties,
    ...https.properties,
    ...udp.properties,
    ...dns.properties,
    ...smtp.properties,
    ...ping.properties,
    ...misc.properties,
    delayLoop: seconds("seconds between health checks", "delayLoop"),
    connectTimeout: seconds("seconds that a health check waits", "connectTimeout"),
    delayBeforeRetry: seconds("seconds before a health check is repeated", "delayBeforeRetry"),
    retry: wholeNumber(0, 100, "how often a failed health check is repeated", "retry: 3").optional(),
    warmup: wholeNumber(
      0,
      3600,
      "seconds within which the first health check comes at a random moment",
      "warmup: 0",
    ).optional(),
    inhibitOnFailure: property(
      z.boolean(),
      "true or false",
      "write `inhibitOnFailure: true` to leave a failed real server in the table with weight 0, or leave it out",
    ).default(false),
  }),
  "a map of the health check's settings",
  "write `healthCheck:` and the settings indented under it, or leave it out for the textbook's",
  {
    weightOnFailure: "write `inhibitOnFailure: true`: keepalived's checks of real servers know no other weight",
    statusCode: "write `statusCodes: [200]`",
  },
);

/** What a service has whose file has no health check: the textbook's; for UDP one that needs an answer, else a server that is gone passes. */
const withoutOne = { tcp: { type: "tcp" }, udp: { type: "udp", requireReply: true } } as const;

/** The health check that a lab file gives a service of this protocol, or the default. */
export const completeHealthCheck = (
  protocol: keyof typeof withoutOne,
  given: z.output<typeof healthCheckSchema> = healthCheckSchema.parse(withoutOne[protocol]),
): HealthCheck => kinds[given.type].complete(given);

/** The health check of properties as a lab file has them; undefined where it could not have them, as times that are no whole seconds. */
export function healthCheckFrom(properties: Readonly<Record<string, unknown>>): HealthCheck | undefined {
  const { data } = healthCheckSchema.safeParse(properties);
  return data && completeHealthCheck("tcp", data);
}

/** keepalived's own number of retries where the file has none, else the file's. */
export const retriesOf = (check: HealthCheck): number => check.retry ?? healthCheckKind(check.type).defaultRetry;
