import { BOOT_SECONDS, LOGIN_SECONDS, patience, ServerConnection, type ServerRef } from "./server.ts";

const connections = new Map<string, Promise<ServerConnection>>();

/**
 * The connection to a server. Concurrent callers share it; it is reopened after it has ended (a reboot).
 * @param seconds how long a login may take. Default: as long as a boot, for who has to change something there
 */
export async function connectTo(ref: ServerRef, seconds = patience(ref, BOOT_SECONDS)): Promise<ServerConnection> {
  const key = `${ref.host.directory} ${ref.name} ${ref.instance}`;
  const pending = connections.get(key) ?? open(key, ref, seconds);
  const server = await pending;
  if (server.connected) return server;
  // Reconnect once; concurrent callers share the new connection.
  if (connections.get(key) === pending) connections.delete(key);
  return await (connections.get(key) ?? open(key, ref, seconds));
}

/** The same for who only looks, and does not wait for a boot. */
export const connectToRunning = (ref: ServerRef): Promise<ServerConnection> =>
  connectTo(ref, patience(ref, LOGIN_SECONDS));

function open(key: string, ref: ServerRef, seconds: number): Promise<ServerConnection> {
  const opening = ServerConnection.connect(ref, seconds);
  connections.set(key, opening);
  opening.catch(() => connections.get(key) === opening && connections.delete(key)); // the next caller retries
  return opening;
}

/** Closes all connections, so that the process can exit. */
export async function closeConnections(): Promise<void> {
  for (const opening of connections.values()) (await opening.catch(() => undefined))?.close();
  connections.clear();
}

/** Closes the connections to the servers of the lab in a directory. Commands that run on them fail, and the next caller opens new ones. */
export function closeConnectionsOf(directory: string): void {
  for (const [key, opening] of [...connections].filter(([one]) => one.startsWith(`${directory} `))) {
    connections.delete(key);
    opening.then(
      (server) => server.close(),
      () => {},
    );
  }
}
