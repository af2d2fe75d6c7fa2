import { LabError } from "../live/lab-error.ts";
import type { FaultSite } from "./fault.ts";

/** What systemd says of a unit on the fault's server: `active`, `inactive`, `failed` … */
export async function unitState({ view, server }: FaultSite, unit: string): Promise<string> {
  return (await view.on(server)`systemctl is-active ${unit}`).output.trim();
}

/** A command that the fault cannot do without. @throws Error with what it printed, unless its status is 0 */
export async function must(
  evidence: Promise<{ where: string; command: string; output: string; status: number | null }>,
) {
  const { where, command, output, status } = await evidence;
  if (status === 0) return output;
  throw new LabError(`${where}: \`${command}\` ended with status ${status}: ${output.trim() || "it printed nothing"}`);
}
