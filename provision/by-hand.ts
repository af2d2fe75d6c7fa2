import type { Lab, Server } from "../lab/index.ts";
import { type RoleInputs, roleInputs } from "./role-inputs.ts";
import type { BootUnit } from "./roles/boot-unit.ts";
import { byHand as director } from "./roles/director.ts";
import { byHand as firewallMarks } from "./roles/firewall-marks.ts";
import { byHand as httpd } from "./roles/httpd.ts";
import { byHand as interfaces } from "./roles/interfaces.ts";
import { byHand as keepalived } from "./roles/keepalived.ts";
import { byHand as mail } from "./roles/mail.ts";
import { byHand as packages } from "./roles/packages.ts";
import { byHand as peerKeys } from "./roles/peer-keys.ts";
import { byHand as realServer } from "./roles/real-server.ts";
import { byHand as routing } from "./roles/routing.ts";
import type { ByHand, Step } from "./roles/step.ts";
import { byHand as udpServer } from "./roles/udp-server.ts";

type AllInputs = Required<RoleInputs>;

/** What a role may know of its server beside its inputs. */
interface Context {
  readonly server: {
    readonly name: string;
    readonly os: Server["os"];
    /** By which it is reached. */
    readonly address: string;
    /** All of its own, without VIPs. */
    readonly addresses: readonly string[];
  };
  /** The lab's stack, for `lvs-lab ssh`. */
  readonly stack: string;
}

/** Each role by hand. */
const roles: { readonly [Role in keyof AllInputs]: (inputs: AllInputs[Role], context: Context) => ByHand } = {
  interfaces,
  packages: (inputs, { server }) => packages(inputs, server),
  httpd: (inputs, { server }) => httpd(inputs, server),
  udpServer,
  routing,
  firewallMarks,
  realServer: (inputs, { server }) => realServer({ server, ...inputs }),
  director: (inputs, { server }) => director(inputs, server),
  mail: (inputs, { server }) => mail(inputs, server),
  peerKeys: (inputs, { server, stack }) => peerKeys(inputs, { name: server.name, stack }),
  keepalived: (inputs, { server }) => keepalived(inputs, server),
};

/**
 * The article's order, in rounds: all servers of a kind go through a round before any goes on. Real servers come first, then directors; these
 * first get SSH among each other.
 */
const rounds: readonly (readonly (keyof RoleInputs)[])[] = [
  ["peerKeys"],
  [
    "interfaces",
    "packages",
    "httpd",
    "udpServer",
    "routing",
    "firewallMarks",
    "realServer",
    "director",
    "mail",
    "keepalived",
  ],
];

/** A step and where it is typed. */
export interface PlacedStep extends Step {
  /** The server that it is about. */
  readonly server: string;
  /** Whether it is typed on the machine that runs the lab, rather than on the server. */
  readonly ownMachine: boolean;
}

/** A unit of the lab that repeats a server's steps at boot. */
export interface PlacedUnit {
  readonly server: string;
  readonly unit: BootUnit;
  /** The programs whose settings it repeats, in the order of the steps. */
  readonly programs: readonly string[];
}

/** How a person sets up the lab's servers: the steps in order, and what keeps their effect at boot. */
export function byHand(lab: Lab, stack = lab.name): { steps: PlacedStep[]; units: PlacedUnit[] } {
  const steps: PlacedStep[] = [];
  const units: PlacedUnit[] = [];
  for (const kind of ["real-server", "director"]) {
    const servers = lab.servers.filter(({ role }) => role === kind);
    for (const round of rounds) {
      const found = servers.flatMap((server) =>
        round.flatMap((role) => {
          const hand = roleByHand(lab, server, { role, stack });
          return hand ? [{ server: server.name, ...hand }] : [];
        }),
      );
      for (const { server, steps: own } of found)
        steps.push(...own.map((step) => ({ server, ownMachine: false, ...step })));
      for (const { server, ownMachine = [] } of found)
        steps.push(...ownMachine.map((step) => ({ server, ownMachine: true, ...step })));
      for (const { server, unit, steps: own } of found)
        if (unit) units.push({ server, unit, programs: programsIn(own) });
    }
  }
  return { steps, units };
}

function roleByHand<Role extends keyof AllInputs>(
  lab: Lab,
  server: Server,
  { role, stack }: { role: Role; stack: string },
): ByHand | undefined {
  const { name, os, management, interfaces: own } = server;
  const inputs: Partial<AllInputs>[Role] = roleInputs(lab, server)[role];
  return (
    inputs &&
    roles[role](inputs, {
      server: { name, os, address: management, addresses: own.flatMap(({ addresses }) => addresses) },
      stack,
    })
  );
}

const programsIn = (steps: readonly Step[]): string[] => [
  ...new Set(steps.flatMap(({ commands }) => commands.map((command) => command.split(" ")[0] ?? ""))),
];
