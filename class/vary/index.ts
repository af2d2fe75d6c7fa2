import type { Part } from "./part.ts";
import { port } from "./port.ts";
import { priorities } from "./priorities.ts";
import { token } from "./token.ts";
import { vip } from "./vip.ts";
import { virtualRouterId } from "./virtual-router-id.ts";
import { weights } from "./weights.ts";

/** What may differ between the labs of a class, by the words that `vary` takes. */
export const varyParts = { vip, port, virtualRouterId, priorities, weights, token } as const satisfies Record<
  string,
  Part
>;

export type VaryPart = keyof typeof varyParts;
