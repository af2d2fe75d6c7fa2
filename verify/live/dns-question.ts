import { dnsDefaults, dnsTypes, type HealthCheck } from "../../lab/index.ts";

/** A DNS query as keepalived's DNS_CHECK sends it (RFC 1035, section 4.1): one question, recursion desired. */
export interface DnsQuery {
  readonly type: keyof typeof dnsTypes;
  /** With dots between the labels; `.` is the root. */
  readonly name: string;
}

/** What a health check by DNS asks; of any other check, what keepalived asks where it is told nothing. */
export const dnsQueryOf = (check: HealthCheck | undefined): DnsQuery => {
  const { queryType, queryName } = { ...dnsDefaults, ...(check?.type === "dns" ? check : {}) };
  return { type: queryType, name: queryName };
};

/** An id of two bytes that no shell takes for anything else. */
const ID = 0x1234;

/** The query's bytes. */
export const dnsMessage = ({ type, name }: DnsQuery): Buffer => {
  const labels = name.split(".").filter(Boolean);
  const head = [ID, 0x0100, 1, 0, 0, 0].flatMap((word) => [word >> 8, word & 0xff]);
  return Buffer.concat([
    Buffer.from(head),
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0, 0, dnsTypes[type], 0, 1]),
  ]);
};

/** The same as printf(1) takes it: letters and digits as they are, other bytes in octal, in as few digits as what follows lets. */
export const dnsEscapes = (query: DnsQuery): string =>
  dnsMessage(query)
    .toString("latin1")
    .replace(/[^\w-](?=(\d)?)/g, (byte, digit: string | undefined) => {
      const octal = byte.charCodeAt(0).toString(8);
      return `\\${digit === undefined ? octal : octal.padStart(3, "0")}`;
    });

/**
 * A bash script that sends the datagram `$3`, in printf's escapes, to `$1` port `$2`, and prints the answer in hexadecimal, for which it waits two seconds.
 * dd sends it in one piece, whatever is in it. No output: there was no answer, or the port was refused (ICMP).
 */
export const DNS_QUESTION =
  'exec 3<>"/dev/udp/$1/$2"; printf "$3" | dd bs=65535 iflag=fullblock status=none >&3; timeout 2 dd bs=65535 count=1 status=none <&3 2>/dev/null | od -An -v -tx1';

/** The meaning of a response code: RFC 1035, section 4.1.1. */
const rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];

/**
 * The response code of an answer to such a query, as keepalived judges it; undefined if it is no DNS response to it.
 * @param output what the script printed
 */
export function dnsResponse(output: string): { readonly code: number; readonly text: string } | undefined {
  const answer = Buffer.from(output.replace(/\s/g, ""), "hex");
  if (answer.length < 12 || answer.readUInt16BE(0) !== ID || !(answer.readUInt8(2) & 0x80)) return undefined;
  const code = answer.readUInt8(3) & 15;
  return { code, text: `RCODE ${code}${rcodes[code] === undefined ? "" : ` (${rcodes[code]})`}` };
}
