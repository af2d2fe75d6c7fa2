import type { Lab, Server } from "../../lab/index.ts";
import { osFamilies, type PackageGroup } from "../os.ts";
import { role as bfdNeighbor } from "./bfd-neighbor.ts";
import { role as connectionSync } from "./connection-sync.ts";
import { role as director } from "./director.ts";
import { role as firewallMarks } from "./firewall-marks.ts";
import { role as httpd } from "./httpd.ts";
import { role as interfaces } from "./interfaces.ts";
import { role as keepalived } from "./keepalived.ts";
import { role as mail } from "./mail.ts";
import { role as packages } from "./packages.ts";
import { role as peerKeys } from "./peer-keys.ts";
import { role as realServer } from "./real-server.ts";
import type { Role, RoleResource } from "./role.ts";
import { role as routing } from "./routing.ts";
import { role as udpServer } from "./udp-server.ts";

/**
 * Every role of a server, in the order in which a person goes through them. A new one is its file and a row here: the provider, the Pulumi program
 * and `lvs-lab explain` read them from here.
 */
export const roles = {
  interfaces,
  packages,
  httpd,
  udpServer,
  routing,
  firewallMarks,
  realServer,
  bfdNeighbor,
  director,
  connectionSync,
  mail,
  peerKeys,
  keepalived,
} as const;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];

/** What a lab determines of each role. */
export type AllInputs = { readonly [Name in RoleName]: NonNullable<ReturnType<(typeof roles)[Name]["inputsOf"]>> };

/** The roles of a server, each with the inputs that its lab determines. A role that the server does not have is absent. */
export type RoleInputs = Partial<AllInputs> & Pick<AllInputs, "packages">;

/** A role of which any inputs may be asked: those that it has made itself. */
export type AnyRole = Role<RoleResource, object>;

/** The roles of a server. In a manual lab: those that it is to get by hand. */
export function roleInputs(lab: Lab, server: Server): RoleInputs {
  const given: Partial<Record<RoleName, object>> = {};
  const groups = new Set<PackageGroup>();
  const others = roleNames.filter((name) => name !== "packages");
  for (const name of [...others, "packages" as const]) {
    const role = roles[name] as AnyRole;
    const inputs = role.inputsOf(lab, server, inOrder(groups, server));
    if (!inputs) continue;
    given[name] = inputs;
    for (const group of role.packageGroups?.(inputs) ?? []) groups.add(group);
  }
  return given as RoleInputs;
}

const inOrder = (groups: ReadonlySet<PackageGroup>, { os }: Server): PackageGroup[] =>
  (Object.keys(osFamilies[os]) as PackageGroup[]).filter((group) => groups.has(group));
