import { connectTo } from "./pool.ts";
import { command, type ServerRef } from "./server.ts";

/**
 * Sets a server's wall clock to this machine's clock. The error is the network delay: milliseconds, a tenth of a second under emulation.
 */
export async function setClock(ref: ServerRef): Promise<void> {
  const server = await connectTo(ref);
  // Not run as a role's script: a clock needs no `sync`, which would take half a second.
  const { code, stderr } = await server.execute(command`date --set ${`@${(Date.now() / 1000).toFixed(3)}`}`);
  if (code !== 0) throw new Error(`cannot set the clock of ${ref.name}: ${stderr.trim()}`);
}
