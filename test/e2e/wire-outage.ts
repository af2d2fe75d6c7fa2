import { $ } from "zx";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { inUserland } from "../integration/hosts.ts";

/** TCP sends a SYN again after a second: RFC 6298, section 2.1. One that is answered later than this was not answered the first time. */
const FIRST_ANSWER_S = 0.9;

/**
 * The longest outage in a packet capture, in milliseconds, by tcpdump's own text and nothing of the project's: from the first SYN of the
 * client's that went without an answer to the first answer to any later one.
 */
export async function longestOutage(pcap: string, client: string, vip: string): Promise<number> {
  const filter = `tcp[tcpflags] & tcp-syn != 0 and host ${vip} and host ${client}`;
  const command = await inUserland("tcpdump", "-r", pcap, "-n", "-tt", filter);
  const { stdout } = await $({ quiet: true, env: labEnvironment() })`${command}`;
  const syns = new Map<string, { at: number; answered?: number }>();
  for (const line of stdout.split("\n")) {
    const found = /^(\S+) IP (\S+)\.(\d+) > (\S+)\.(\d+): Flags \[(S\.?)\], seq (\d+)(?:, ack (\d+))?/.exec(line);
    if (!found) continue;
    const [, time, source, sourcePort, , targetPort, flags, sequence, acknowledged] = found;
    if (flags === "S" && source === client) {
      const key = `${sourcePort} ${sequence}`;
      // The director passes the same SYN on, and TCP sends it again.
      if (!syns.has(key)) syns.set(key, { at: Number(time) });
    } else if (flags === "S." && source === vip) {
      const syn = syns.get(`${targetPort} ${(Number(acknowledged) + 2 ** 32 - 1) % 2 ** 32}`);
      if (syn && syn.answered === undefined) syn.answered = Number(time);
    }
  }
  const all = [...syns.values()].sort((one, other) => one.at - other.at);
  const good = ({ at, answered }: { at: number; answered?: number }) =>
    answered !== undefined && answered - at < FIRST_ANSWER_S;
  let longest = 0;
  for (let first = 0; first < all.length; first += 1) {
    const begin = all[first];
    if (!begin || good(begin)) continue;
    let last = first;
    while (all[last + 1] && !good(all[last + 1] as typeof begin)) last += 1;
    const answers = all.slice(last + 1).flatMap((one) => (good(one) ? [one.answered ?? 0] : []));
    if (answers.length > 0) longest = Math.max(longest, Math.min(...answers) - begin.at);
    first = last;
  }
  return longest * 1000;
}
