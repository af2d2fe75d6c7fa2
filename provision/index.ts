/** Interface of provision/ for the Pulumi program: a class for every resource, and the constants both sides share. */
import { client } from "./host/client.ts";
import { guestImage } from "./host/guest-image.ts";
import { labHost } from "./host/lab-host.ts";
import { seedImage } from "./host/seed-image.ts";
import { serving } from "./host/serving.ts";
import { pulumiClass } from "./pulumi-class.ts";
import { baseSystem } from "./roles/base-system.ts";
import { director } from "./roles/director.ts";
import { httpd } from "./roles/httpd.ts";
import { keepalived } from "./roles/keepalived.ts";
import { mail } from "./roles/mail.ts";
import { packages } from "./roles/packages.ts";
import { peerKeys } from "./roles/peer-keys.ts";
import { realServer } from "./roles/real-server.ts";
import { keyPair } from "./ssh/key-pair.ts";

export const GuestImage = pulumiClass(guestImage);
export const LabHost = pulumiClass(labHost);
export const Client = pulumiClass(client);
export const KeyPair = pulumiClass(keyPair);
export const SeedImage = pulumiClass(seedImage);
export const BaseSystem = pulumiClass(baseSystem);
export const Packages = pulumiClass(packages);
export const Httpd = pulumiClass(httpd);
export const Director = pulumiClass(director);
export const RealServer = pulumiClass(realServer);
export const Keepalived = pulumiClass(keepalived);
export const Mail = pulumiClass(mail);
export const PeerKeys = pulumiClass(peerKeys);
export const Serving = pulumiClass(serving);

export { libvirtCommandLine } from "./host/image/kernel.ts";
export { imageKey } from "./host/image/recipe.ts";
export { seedOf } from "./host/image/seed.ts";
export { labMemory } from "./host/lab-memory.ts";
export { IGNORE_MEMORY, verdictOn } from "./host/memory-verdict.ts";
export { BRIDGE, PACKAGE_PORT } from "./host/reach.ts";
export { osFamilies } from "./os.ts";
export { keepalivedConf, PASSWORD } from "./roles/keepalived-conf.ts";
export { PEER_COMMENT } from "./roles/peer-keys.ts";
/** @public */
export type { ServerRef } from "./ssh/index.ts";
