import { client } from "./host/client.ts";
import { guestImage } from "./host/guest-image.ts";
import { labHost } from "./host/lab-host.ts";
import { seedImage } from "./host/seed-image.ts";
import { serving } from "./host/serving.ts";
import { pulumiClass } from "./pulumi-class.ts";
import type { ResourceDefinition } from "./resource.ts";
import { baseSystem } from "./roles/base-system.ts";
import { director } from "./roles/director.ts";
import { firewallMarks } from "./roles/firewall-marks.ts";
import { httpd } from "./roles/httpd.ts";
import { interfaces } from "./roles/interfaces.ts";
import { keepalived } from "./roles/keepalived.ts";
import { mail } from "./roles/mail.ts";
import { packages } from "./roles/packages.ts";
import { peerKeys } from "./roles/peer-keys.ts";
import { realServer } from "./roles/real-server.ts";
import { routing } from "./roles/routing.ts";
import { udpServer } from "./roles/udp-server.ts";
import { keyPair } from "./ssh/key-pair.ts";

/** A class for every resource that the provider `lvs` knows. A new one is its file and a row here. */
export const classes = {
  GuestImage: pulumiClass(guestImage),
  LabHost: pulumiClass(labHost),
  Client: pulumiClass(client),
  KeyPair: pulumiClass(keyPair),
  SeedImage: pulumiClass(seedImage),
  BaseSystem: pulumiClass(baseSystem),
  Interfaces: pulumiClass(interfaces),
  Packages: pulumiClass(packages),
  Httpd: pulumiClass(httpd),
  UdpServer: pulumiClass(udpServer),
  Routing: pulumiClass(routing),
  FirewallMarks: pulumiClass(firewallMarks),
  Director: pulumiClass(director),
  RealServer: pulumiClass(realServer),
  Keepalived: pulumiClass(keepalived),
  Mail: pulumiClass(mail),
  PeerKeys: pulumiClass(peerKeys),
  Serving: pulumiClass(serving),
} as const;

/** Their definitions: what the provider serves. */
export const resources = Object.values(classes).map(
  ({ definition }) => definition,
) as unknown as readonly ResourceDefinition[];
