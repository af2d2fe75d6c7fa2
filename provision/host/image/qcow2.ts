import { open } from "node:fs/promises";

/**
 * Checks that a file is a qcow2 image that stands by itself, by its header: QEMU's docs/interop/qcow2.rst. All numbers in it are big-endian.
 * @returns the size in bytes of the disk that a guest sees
 * @throws Error with what it is instead: no qcow2, one over another file, which could be any file of this machine, or an encrypted one
 */
export async function sizeOfQcow2(path: string): Promise<number> {
  const file = await open(path);
  const header = Buffer.alloc(80);
  let length: number;
  try {
    length = (await file.read(header, 0, header.length, 0)).bytesRead;
  } finally {
    await file.close();
  }
  if (length < 72 || header.toString("latin1", 0, 4) !== "QFI\xfb" || ![2, 3].includes(header.readUInt32BE(4)))
    throw new Error(`it is no qcow2 image: it begins with ${startOf(header.subarray(0, length))}`);
  // Version 2 has no feature bits. Bit 2 of the incompatible ones: the data is in another file.
  const externalData = header.readUInt32BE(4) === 3 && (header.readUInt32BE(76) & 4) !== 0;
  if (header.readBigUInt64BE(8) !== 0n || externalData)
    throw new Error("it is a qcow2 image that needs another file: its backing file, or its data file");
  if (header.readUInt32BE(32) !== 0) throw new Error("it is an encrypted qcow2 image");
  return Number(header.readBigUInt64BE(24));
}

/** The first bytes of a file for people: as text if they are, else in hexadecimal. */
function startOf(bytes: Buffer): string {
  if (bytes.length === 0) return "nothing: it is empty";
  const start = bytes.subarray(0, 24);
  const text = start.toString("latin1");
  return /^[\x20-\x7e\r\n\t]+$/.test(text) ? JSON.stringify(text) : `the bytes ${start.subarray(0, 8).toString("hex")}`;
}
