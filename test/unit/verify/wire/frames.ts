/** Frames byte by byte, as RFCs lay them out: what a parser is held against. */

const mac = (text: string): number[] => text.split(":").map((part) => Number.parseInt(part, 16));
const address = (text: string): number[] => text.split(".").map(Number);
const word = (value: number): number[] => [value >> 8, value & 0xff];
const longWord = (value: number): number[] => [...word(value >>> 16), ...word(value & 0xffff)];

export const ethernet = (source: string, type: number, payload: readonly number[], tag?: number): Buffer =>
  Buffer.from([
    ...mac("ff:ff:ff:ff:ff:ff"),
    ...mac(source),
    ...(tag === undefined ? [] : [...word(0x8100), ...word(tag)]),
    ...word(type),
    ...payload,
  ]);

export interface Ipv4 {
  readonly source?: string;
  readonly destination?: string;
  readonly protocol: number;
  readonly id?: number;
  readonly options?: readonly number[];
  readonly fragmentOffset?: number;
}

export const ipv4 = (
  { source = "10.0.0.11", destination = "224.0.0.18", protocol, id = 1, options = [], fragmentOffset = 0 }: Ipv4,
  payload: readonly number[],
): number[] => [
  0x45 + options.length / 4,
  0xc0,
  ...word(20 + options.length + payload.length),
  ...word(id),
  ...word(fragmentOffset),
  255,
  protocol,
  ...word(0),
  ...address(source),
  ...address(destination),
  ...options,
  ...payload,
];

export const vrrp2 = ({ priority = 100, password = "1111", authentication = 1, interval = 1 } = {}): number[] => [
  0x21,
  51,
  priority,
  1,
  authentication,
  interval,
  ...word(0),
  ...address("10.0.0.100"),
  ...Array.from({ length: 8 }, (_, index) => password.charCodeAt(index) || 0),
];

export const vrrp3 = (centiseconds: number): number[] => [
  0x31,
  51,
  100,
  2,
  ...word(0xf000 | centiseconds),
  ...word(0),
  ...address("10.0.0.100"),
  ...address("10.0.0.101"),
];

export const arp = ({
  operation = 1,
  senderMac = "52:54:00:fe:00:0b",
  sender = "10.0.0.100",
  targetMac = "00:00:00:00:00:00",
  target = "10.0.0.100",
} = {}): number[] => [
  ...[0, 1, 8, 0, 6, 4],
  ...word(operation),
  ...mac(senderMac),
  ...address(sender),
  ...mac(targetMac),
  ...address(target),
];

export const tcp = ({ from = 40000, to = 80, sequence = 1, acknowledgement = 0, flags = 0x02 } = {}): number[] => [
  ...word(from),
  ...word(to),
  ...longWord(sequence),
  ...longWord(acknowledgement),
  0x50,
  flags,
  ...[0xff, 0xff, 0, 0, 0, 0],
];

export interface Dump {
  readonly magic?: number;
  readonly littleEndian?: boolean;
  readonly linkType?: number;
}

/** A dump as libpcap writes it: seconds, fraction and frame of each record. */
export function dump(
  records: readonly (readonly [seconds: number, fraction: number, frame: Buffer])[],
  { magic = 0xa1b23c4d, littleEndian = true, linkType = 1 }: Dump = {},
): Buffer {
  const numbers = (...values: number[]) => {
    const buffer = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries())
      littleEndian ? buffer.writeUInt32LE(value, 4 * index) : buffer.writeUInt32BE(value, 4 * index);
    return buffer;
  };
  return Buffer.concat([
    numbers(magic, 0x0004_0002, 0, 0, 128, linkType),
    ...records.flatMap(([seconds, fraction, frame]) => [
      numbers(seconds, fraction, frame.length, frame.length + 7),
      frame,
    ]),
  ]);
}
