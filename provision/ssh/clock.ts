import { connectTo } from "./pool.ts";
import { command, type ServerRef } from "./server.ts";

/** Sets a server's wall clock to this machine's, but for the way there: some milliseconds, under emulation a tenth of a second. */
export async function setClock(ref: ServerRef): Promise<void> {
  const server = await connectTo(ref);
  // Not as a script of a role: what is on the disk does not matter here, and to wait for it takes half a second.
  const { code, stderr } = await server.execute(command`date --set ${`@${(Date.now() / 1000).toFixed(3)}`}`);
  if (code !== 0) throw new Error(`the clock of ${ref.name} could not be set: ${stderr.trim()}`);
}
