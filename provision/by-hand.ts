import type { Lab, Server } from "../lab/index.ts";
import type { BootUnit } from "./roles/boot-unit.ts";
import { type AnyRole, type RoleName, roleInputs, roleNames, roles } from "./roles/index.ts";
import type { ByHand, Step } from "./roles/role.ts";

/**
 * The article's order, in rounds: all servers of a kind go through a round before any goes on. Real servers come first, then directors; these
 * first get SSH among each other.
 */
const rounds: readonly (readonly RoleName[])[] = [["peerKeys"], roleNames.filter((name) => name !== "peerKeys")];

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
        rolesByHand(lab, server, { round, stack }).map((hand) => ({ server: server.name, ...hand })),
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

/** Those of the roles of a round that a server has. */
function rolesByHand(
  lab: Lab,
  server: Server,
  { round, stack }: { round: readonly RoleName[]; stack: string },
): ByHand[] {
  const { name, os, management, interfaces: own } = server;
  const addresses = own.flatMap((each) => each.addresses);
  const context = { server: { name, os, address: management, addresses }, stack };
  const given = roleInputs(lab, server);
  return round.flatMap((role) => {
    const inputs = given[role];
    return inputs ? [(roles[role] as AnyRole).byHand(inputs, context)] : [];
  });
}

const programsIn = (steps: readonly Step[]): string[] => [
  ...new Set(steps.flatMap(({ commands }) => commands.map((command) => command.split(" ")[0] ?? ""))),
];
