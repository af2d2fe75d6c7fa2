import { connectTo } from "./pool.ts";
import type { ServerRef } from "./server.ts";

/** Sets a server's wall clock to this machine's, but for the way there: some milliseconds, under emulation a tenth of a second. */
export async function setClock(ref: ServerRef): Promise<void> {
  const server = await connectTo(ref);
  await server.run`date --set ${`@${(Date.now() / 1000).toFixed(3)}`}`;
}
