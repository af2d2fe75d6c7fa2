import { dr } from "./dr.ts";
import type { ForwardingMethod } from "./method.ts";
import { nat } from "./nat.ts";
import { tunnel } from "./tunnel.ts";

/** Every forwarding method, by the name that a lab file takes. A new one is its file and a row here. */
export const forwardingMethods = { dr, nat, tunnel } as const satisfies Readonly<Record<string, ForwardingMethod>>;
