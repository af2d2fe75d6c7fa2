import { dr } from "./dr.ts";

/** Every forwarding method, by the name that a lab file takes. A new one is its file and a row here. */
export const forwardingMethods = { dr } as const;
