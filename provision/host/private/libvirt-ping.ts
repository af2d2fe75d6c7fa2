import { createConnection } from "node:net";

/** Deadline for libvirtd's answer in ms: it competes for both cores with guests that boot under emulation. */
const PATIENCE_MS = 5_000;

/** The procedure REMOTE_PROC_AUTH_LIST of libvirt's remote protocol, version 1: any client may call it first (remote_protocol.x). */
const AUTH_LIST = [0x20008086, 1, 66, 0, 0, 0] as const;

/**
 * Whether a libvirtd answers at a socket. An accepted connection proves nothing: the kernel accepts for a hung process too. So send the
 * first message of every client, seven 32-bit words, and wait for any reply.
 */
export async function answersLibvirt(socket: string, patienceMs = PATIENCE_MS): Promise<boolean> {
  return await new Promise((resolve) => {
    const connection = createConnection(socket);
    const end = (answers: boolean) => {
      connection.destroy();
      resolve(answers);
    };
    connection.setTimeout(patienceMs, () => end(false));
    connection
      .once("data", () => end(true))
      .once("error", () => end(false))
      .once("close", () => resolve(false));
    connection.write(Uint8Array.from([4 + 4 * AUTH_LIST.length, ...AUTH_LIST].flatMap(bytesOf)));
  });
}

/** An unsigned integer in XDR: four bytes, big-endian (RFC 4506). */
const bytesOf = (word: number): number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff);
