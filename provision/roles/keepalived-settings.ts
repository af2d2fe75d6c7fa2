import type { VirtualService, VrrpPart } from "../../lab/index.ts";

/** What a director's keepalived.conf is made from. */
export interface KeepalivedSettings {
  readonly instances: readonly VrrpPart[];
  readonly services: readonly VirtualService[];
}
