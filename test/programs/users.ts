import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { projectRoot } from "../../setup/paths.mjs";

const client = join(projectRoot, "test/programs/grpc-client.mjs");

/** A user that is not the one of the tests: `daemon`, everywhere on Linux. */
export const otherUid = 1;

/** JavaScript by which a process becomes that user. */
export const becomeOther = `process.setgroups([]); process.setgid(${otherUid}); process.setuid(${otherUid})`;

/** The ways to a process that may become another user: root may at once, an ordinary user in a user namespace with subordinate ids. */
const ways = [[], ["unshare", "--user", "--map-root-user", "--map-auto"]];

/** The command line before a process that is to become `otherUid`; undefined where none can. */
const prefix = ways.find((way) => run([...way, process.execPath, "-e", becomeOther]).status === 0);

/** Why no process can become another user; false where one can. */
export const noOtherUser =
  prefix === undefined &&
  "no process can become another user here: it takes root, or newuidmap and a range in /etc/subuid";

function run([file = "", ...args]: readonly string[]) {
  return spawnSync(file, args, { encoding: "utf8" });
}

/** The command line of a Node process that may become `otherUid`. */
export const asOtherUser = (...args: string[]): string[] => [...(prefix ?? []), process.execPath, ...args];

/** Calls a gRPC method of the server at `HOST:PORT`, as the user of the tests or as another. Returns what became of it. */
export async function call(address: string, method: string, who: "own" | "other"): Promise<string> {
  const args = [client, address, method];
  const [file = "", ...rest] = who === "own" ? [process.execPath, ...args] : asOtherUser(...args, String(otherUid));
  const child = spawn(file, rest, { stdio: ["ignore", "pipe", "inherit"] });
  return (await text(child.stdout)).trim();
}

/** Sends a request as another user and ends, all before this process gets to accept the connection. */
export function callAndLeave(address: string, method: string): string {
  return run(asOtherUser(client, address, method, String(otherUid), "leave")).stdout.trim();
}

/** What `call` returns for a connection that was accepted and closed unread. */
export const refused = "closed without an answer";
