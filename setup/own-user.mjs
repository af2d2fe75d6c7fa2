// @ts-check
/**
 * Restricts a gRPC server to its own user. Every user of a machine can connect to a loopback port, and a Pulumi plugin runs programs for
 * its callers. The check comes before gRPC: a refused connection is closed unread. Plain JavaScript, because the language host runs
 * uncompiled. The provider uses it too.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { endianness } from "node:os";

/** The only address to listen on: a peer on another machine has no uid here. */
export const LOOPBACK = "127.0.0.1";

/** Number of reads of the table before a peer counts as unknown. The kernel returns the table in pieces and can skip a row between two. */
const LOOKS = 2;

const ESTABLISHED = "01";

/**
 * Serves a gRPC server on a free loopback port, only to the user of this process. Root is refused too, unless it is that user.
 * @param {import("@grpc/grpc-js").Server} server
 * @param {import("@grpc/grpc-js").ServerCredentials} credentials
 * @returns {Promise<number>} the port
 */
export const listenForOwnUser = (server, credentials) => {
  const { injectConnection } = server.createConnectionInjector(credentials);
  const warn = once((reason) => console.error(`refused a connection from ${reason}`));
  const gate = createServer((socket) => {
    const reason = refusal(socket);
    if (reason === undefined) return injectConnection(socket);
    socket.destroy();
    warn(reason);
  });
  return new Promise((resolve, reject) => {
    gate.once("error", reject);
    gate.listen(0, LOOPBACK, () => resolve(/** @type {import("node:net").AddressInfo} */ (gate.address()).port));
  });
};

/**
 * Why a connection is refused; undefined if it comes from this process's user.
 * @param {import("node:net").Socket} socket
 * @returns {string | undefined}
 */
const refusal = (socket) => {
  const own = process.geteuid?.();
  try {
    const peer = peerUid(socket);
    if (peer === undefined) return "an unknown user: /proc/net/tcp shows no open socket at its other end";
    return peer === own ? undefined : `uid ${peer}: this process serves uid ${own} only`;
  } catch (error) {
    return `an unknown user: ${error instanceof Error ? error.message : error}`;
  }
};

/**
 * The user who opened an accepted connection.
 * @param {import("node:net").Socket} socket
 * @returns {number | undefined} undefined when the peer has no open socket on this machine
 */
const peerUid = ({ localAddress, localPort, remoteAddress, remotePort }) => {
  if (!localAddress || !localPort || !remoteAddress || !remotePort) return undefined;
  const here = row(localAddress, localPort);
  const there = row(remoteAddress, remotePort);
  for (let look = 0; look < LOOKS; look++) {
    const table = readFileSync("/proc/net/tcp", "latin1");
    // The local end must be open too: after a reset another user's socket may reuse the peer's port.
    if (openedBy(table, here, there) === undefined) continue;
    const uid =
      openedBy(table, there, here) ?? openedBy(readFileSync("/proc/net/tcp6", "latin1"), mapped(there), mapped(here));
    if (uid !== undefined) return uid;
  }
  return undefined;
};

/**
 * The uid that opened a socket, from its row in /proc/net/tcp. A closed socket does not count: its row says uid 0, at once with kernels
 * before 6.16, later with newer ones. Otherwise a user could send root's server a request, close the socket and pass as root.
 * @param {string} table
 * @param {string} local
 * @param {string} remote
 * @returns {number | undefined}
 */
const openedBy = (table, local, remote) => {
  const at = table.indexOf(` ${local} ${remote} ${ESTABLISHED} `);
  if (at < 0) return undefined;
  const end = table.indexOf("\n", at);
  const [, , , , , , uid, , inode] = table.slice(at + 1, end < 0 ? undefined : end).split(/ +/);
  return inode === "0" ? undefined : Number(uid);
};

/**
 * An IPv4 address and port as the kernel prints them: the address is a number in the machine's byte order.
 * @param {string} address
 * @param {number} port
 */
const row = (address, port) => {
  const bytes = address.split(".").map((byte) => hex(Number(byte), 2));
  return `${(endianness() === "LE" ? bytes.reverse() : bytes).join("")}:${hex(port, 4)}`;
};

/** The address in /proc/net/tcp6, for an IPv6 socket that connected to an IPv4 address. @param {string} ipv4 */
const mapped = (ipv4) => `${"0".repeat(16)}${endianness() === "LE" ? "FFFF0000" : "0000FFFF"}${ipv4}`;

/** @param {number} value @param {number} digits */
const hex = (value, digits) => value.toString(16).toUpperCase().padStart(digits, "0");

/** Prints each text only once, so that repeated attempts do not fill the terminal. @param {(text: string) => void} print */
const once = (print) => {
  /** @type {Set<string>} */
  const seen = new Set();
  return (/** @type {string} */ text) => {
    if (!seen.has(text)) print(text);
    seen.add(text);
  };
};
