import { client } from "./host/client.ts";
import { cloudImage } from "./host/cloud-image.ts";
import { guestImage } from "./host/guest-image.ts";
import { labHost } from "./host/lab-host.ts";
import { seedImage } from "./host/seed-image.ts";
import { serving } from "./host/serving.ts";
import { standIn } from "./host/stand-in.ts";
import { type PulumiClass, pulumiClass } from "./pulumi-class.ts";
import type { ResourceDefinition } from "./resource.ts";
import { baseSystem } from "./roles/base-system.ts";
import { type RoleName, roleNames, roles } from "./roles/index.ts";
import { ownInterfaces } from "./roles/own-interfaces.ts";
import { ownKeepalived } from "./roles/own-keepalived.ts";
import { ownServices } from "./roles/own-services.ts";
import { keyPair } from "./ssh/key-pair.ts";

type ClassOf<Definition> =
  Definition extends ResourceDefinition<infer Where, infer Want, infer Facts> ? PulumiClass<Where, Want, Facts> : never;

/** The classes of the roles, by their names. */
export const roleClasses = Object.fromEntries(
  roleNames.map((name) => [name, pulumiClass(roles[name].resource as unknown as ResourceDefinition)]),
) as unknown as { readonly [Name in RoleName]: ClassOf<(typeof roles)[Name]["resource"]> };

/** The classes of what is no role. A new one is its file and a row here. */
export const classes = {
  GuestImage: pulumiClass(guestImage),
  CloudImage: pulumiClass(cloudImage),
  LabHost: pulumiClass(labHost),
  Client: pulumiClass(client),
  KeyPair: pulumiClass(keyPair),
  SeedImage: pulumiClass(seedImage),
  BaseSystem: pulumiClass(baseSystem),
  Serving: pulumiClass(serving),
  StandIn: pulumiClass(standIn),
  OwnInterfaces: pulumiClass(ownInterfaces),
  OwnKeepalived: pulumiClass(ownKeepalived),
  OwnServices: pulumiClass(ownServices),
} as const;

/** The definition of every resource that the provider `lvs` knows. */
export const resources = [...Object.values(classes), ...Object.values(roleClasses)].map(
  ({ definition }) => definition,
) as unknown as readonly ResourceDefinition[];
