import type { Lab } from "./model.ts";
import { guestOs } from "./os.ts";

/** A lab as a state or a snapshot of an earlier version has it, with the present names of operating systems. */
export const withPresentOs = (lab: Lab): Lab => ({
  ...lab,
  servers: lab.servers.map((server) => ({ ...server, os: guestOs(server.os) })),
});
