/** A frame as a dump has it: cut off after the dump's snapshot length. */
export interface Frame {
  /** Nanoseconds since 1970, CLOCK_REALTIME of the machine that captured. */
  readonly at: bigint;
  readonly bytes: Buffer;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const LINKTYPE_ETHERNET = 1;
/** libpcap's MAXIMUM_SNAPLEN: a longer length is no record's. */
const LONGEST_FRAME = 262_144;

/** Units of time of a dump, by its first four bytes (draft-ietf-opsawg-pcap, section 4). */
const formats = [
  { magic: 0xa1b2c3d4, nanosecondsPerUnit: 1000n },
  { magic: 0xa1b23c4d, nanosecondsPerUnit: 1n },
];

/** Reads a dump in the pcap format while it is being written: bytes in any portions in, whole frames out. Ethernet only. */
export class PcapReader {
  #rest: Buffer = Buffer.alloc(0);
  #format: { readonly littleEndian: boolean; readonly nanosecondsPerUnit: bigint } | undefined;

  /**
   * The frames that are complete with these bytes.
   * @throws Error if it is no dump of an Ethernet link, or a broken one
   */
  read(bytes: Buffer): Frame[] {
    const buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const frames: Frame[] = [];
    let offset = 0;
    if (!this.#format) {
      if (buffer.length < FILE_HEADER) {
        this.#rest = buffer;
        return [];
      }
      this.#format = formatOf(buffer);
      offset = FILE_HEADER;
    }
    const { littleEndian, nanosecondsPerUnit } = this.#format;
    const number = (at: number) => (littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at));
    while (buffer.length - offset >= RECORD_HEADER) {
      const length = number(offset + 8);
      if (length > LONGEST_FRAME)
        throw new Error(`the dump is broken: a frame of ${length} bytes, where ${LONGEST_FRAME} is the most`);
      const end = offset + RECORD_HEADER + length;
      if (buffer.length < end) break;
      const at = BigInt(number(offset)) * 1_000_000_000n + BigInt(number(offset + 4)) * nanosecondsPerUnit;
      frames.push({ at, bytes: buffer.subarray(offset + RECORD_HEADER, end) });
      offset = end;
    }
    this.#rest = buffer.subarray(offset);
    return frames;
  }
}

/**
 * A dump with other frames in place of its own, each as long as before; undefined leaves a frame out, and so is a record that is cut off at the end.
 * @throws Error if it is no dump of an Ethernet link, or a broken one
 */
export function rewriteDump(dump: Buffer, change: (frame: Buffer) => Buffer | undefined): Buffer {
  if (dump.length < FILE_HEADER) throw new Error("this is no dump in the pcap format: it is shorter than its header");
  const { littleEndian } = formatOf(dump);
  const parts = [dump.subarray(0, FILE_HEADER)];
  for (let offset = FILE_HEADER; offset + RECORD_HEADER <= dump.length; ) {
    const length = littleEndian ? dump.readUInt32LE(offset + 8) : dump.readUInt32BE(offset + 8);
    if (length > LONGEST_FRAME)
      throw new Error(`the dump is broken: a frame of ${length} bytes, where ${LONGEST_FRAME} is the most`);
    const end = offset + RECORD_HEADER + length;
    if (end > dump.length) break;
    const frame = change(Buffer.from(dump.subarray(offset + RECORD_HEADER, end)));
    if (frame) parts.push(dump.subarray(offset, offset + RECORD_HEADER), frame);
    offset = end;
  }
  return Buffer.concat(parts);
}

function formatOf(header: Buffer): { littleEndian: boolean; nanosecondsPerUnit: bigint } {
  for (const littleEndian of [true, false]) {
    const number = (at: number) => (littleEndian ? header.readUInt32LE(at) : header.readUInt32BE(at));
    const format = formats.find(({ magic }) => magic === number(0));
    if (!format) continue;
    const linkType = number(20) & 0x0fffffff; // the upper four bits tell of a frame check sequence
    if (linkType !== LINKTYPE_ETHERNET)
      throw new Error(`the dump is of link type ${linkType}, not of Ethernet (1): capture on the lab's bridge`);
    return { littleEndian, nanosecondsPerUnit: format.nanosecondsPerUnit };
  }
  throw new Error(`this is no dump in the pcap format: it begins with ${header.subarray(0, 4).toString("hex")}`);
}
