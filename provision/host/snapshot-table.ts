/** A moment saved in a server's disk. */
export interface Saved {
  readonly tag: string;
  /** Size of its memory on the machine's disk. Disk contents take space only as they change afterwards. */
  readonly bytes: number;
}

/** Where a qcow2 file has its internal snapshots, by its header: QEMU's docs/interop/qcow2.rst. All numbers are big-endian. */
export const SNAPSHOTS_AT = {
  headerBytes: 72,
  of: (header: Buffer): { readonly count: number; readonly offset: number } =>
    header.length < 72 || header.toString("latin1", 0, 4) !== "QFI\xfb"
      ? { count: 0, offset: 0 }
      : { count: header.readUInt32BE(60), offset: Number(header.readBigUInt64BE(64)) },
};

/** More than the table of a lab's disk has: an entry is some hundred bytes, and there are six. */
export const TABLE_BYTES = 65_536;

/** The snapshots of a qcow2 file's snapshot table. What is cut off is left out. */
export function savedInQcow2(table: Buffer, count: number): Saved[] {
  const found: Saved[] = [];
  let at = 0;
  for (let index = 0; index < count && at + 40 <= table.length; index++) {
    const [idBytes, nameBytes] = [table.readUInt16BE(at + 12), table.readUInt16BE(at + 14)];
    const extraBytes = table.readUInt32BE(at + 36);
    const name = at + 40 + extraBytes + idBytes;
    const end = name + nameBytes;
    if (end > table.length) break;
    // Extra data begin with the size in 64 bits, which stands for the one in 32.
    const bytes = extraBytes >= 8 ? Number(table.readBigUInt64BE(at + 40)) : table.readUInt32BE(at + 32);
    found.push({ tag: table.toString("utf8", name, end), bytes });
    at = Math.ceil(end / 8) * 8;
  }
  return found;
}
