import { patience, ServerConnection, type ServerRef } from "./server.ts";

const connections = new Map<string, Promise<ServerConnection>>();

/** The connection to a server, opened once a process however many ask for it, and opened anew when it has ended (a reboot). */
export async function connectTo(ref: ServerRef, seconds = patience(ref, 3)): Promise<ServerConnection> {
  const key = `${ref.host.directory} ${ref.name} ${ref.instance}`;
  const pending = connections.get(key) ?? open(key, ref, seconds);
  const server = await pending;
  if (server.connected) return server;
  // Of those who find it ended, the first opens the next one for all.
  if (connections.get(key) === pending) connections.delete(key);
  return await (connections.get(key) ?? open(key, ref, seconds));
}

/** Loads what the first connection needs, for a caller who will be in a hurry then. */
export async function prepareConnections(): Promise<void> {
  await import("node-ssh");
}

function open(key: string, ref: ServerRef, seconds: number): Promise<ServerConnection> {
  const opening = ServerConnection.connect(ref, seconds);
  connections.set(key, opening);
  opening.catch(() => connections.get(key) === opening && connections.delete(key)); // the next one tries again
  return opening;
}

/** Ends all connections, so that a process that is done can end. */
export async function closeConnections(): Promise<void> {
  for (const opening of connections.values()) (await opening.catch(() => undefined))?.close();
  connections.clear();
}
