import { defaultOs, serverNamed } from "../../lab/index.ts";
import { type OsFamily, osFamilies } from "../../provision/os.ts";
import { LabError } from "../live/lab-error.ts";
import type { FaultSite } from "./fault.ts";

/** The operating system of the fault's server: names of services, paths. */
export const osOf = ({ view, server }: FaultSite): OsFamily => osFamilies[serverNamed(view.lab, server).os];

/** The operating system whose names the commands by hand use, where no lab is known. */
export const exampleOs: OsFamily = osFamilies[defaultOs];

/** State of a unit on the fault's server by systemd: `active`, `inactive`, `failed` … */
export async function unitState({ view, server }: FaultSite, unit: string): Promise<string> {
  return (await view.on(server)`systemctl is-active ${unit}`).output.trim();
}

/** Runs a command that the fault depends on. @throws LabError with its output unless its status is 0 */
export async function must(
  evidence: Promise<{ where: string; command: string; output: string; status: number | null }>,
) {
  const { where, command, output, status } = await evidence;
  if (status === 0) return output;
  throw new LabError(`${where}: \`${command}\` ended with status ${status}: ${output.trim() || "it printed nothing"}`);
}
