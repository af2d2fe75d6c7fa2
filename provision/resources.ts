import { client } from "./host/client.ts";
import { guestImage } from "./host/guest-image.ts";
import { labHost } from "./host/lab-host.ts";
import { seedImage } from "./host/seed-image.ts";
import { serving } from "./host/serving.ts";
import type { ResourceDefinition } from "./resource.ts";
import { baseSystem } from "./roles/base-system.ts";
import { director } from "./roles/director.ts";
import { httpd } from "./roles/httpd.ts";
import { keepalived } from "./roles/keepalived.ts";
import { mail } from "./roles/mail.ts";
import { packages } from "./roles/packages.ts";
import { peerKeys } from "./roles/peer-keys.ts";
import { realServer } from "./roles/real-server.ts";
import { keyPair } from "./ssh/key-pair.ts";

/** Every resource that the provider `lvs` knows. A new one is its file and a row here. */
export const resources = [
  guestImage,
  labHost,
  client,
  keyPair,
  seedImage,
  baseSystem,
  packages,
  httpd,
  director,
  realServer,
  keepalived,
  mail,
  peerKeys,
  serving,
] as unknown as readonly ResourceDefinition[];
