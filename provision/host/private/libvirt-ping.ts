import { createConnection } from "node:net";

/** How long libvirtd may take to answer, in ms: it is at work on both cores while guests boot under emulation. */
const PATIENCE_MS = 5_000;

/** The procedure REMOTE_PROC_AUTH_LIST of libvirt's remote protocol, version 1: any client may call it first (remote_protocol.x). */
const AUTH_LIST = [0x20008086, 1, 66, 0, 0, 0] as const;

/**
 * Whether a libvirtd answers at a socket. That the socket accepts a connection says nothing: the kernel accepts for a process that hangs.
 * So it asks the first question of every client, a message of seven 32-bit words, and waits for any answer.
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

/** XDR's unsigned integer: four bytes, the highest first (RFC 4506). */
const bytesOf = (word: number): number[] => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff);
