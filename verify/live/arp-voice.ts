import { addressBeside, familyOf, type Ip } from "../../lab/index.ts";
import type { View } from "./view.ts";

/** In whose name a server asks for its neighbours. */
export interface ArpVoice {
  /** Sender addresses of its own ARP requests, or source addresses of its neighbour solicitations; none if it does not ask. */
  readonly names: readonly string[];
  /** Whether it knows the neighbour's hardware address afterwards, or need not ask for it. */
  readonly found: boolean;
}

/** How often a server that did not ask is listened to again: somebody else's question may have told it the address first. */
const AGAIN = 1;

/**
 * Makes a server ask for the client's hardware address, as it does before it answers a client under a VIP: it forgets the one that it knows and
 * sends a packet from the VIP. What leaves its interface is listened to behind its packet filters. A server without the VIP asks nothing. One at a time
 * on a server: two would hear each other's questions.
 * @throws Error if tcpdump does not listen there
 */
export async function arpVoice(view: View, server: string, vip: Ip): Promise<ArpVoice> {
  for (let again = AGAIN; ; again--) {
    const { needed, ...voice } = await heard(view, server, vip);
    if (!needed || voice.names.length > 0 || !voice.found || again === 0) return voice;
  }
}

/** @property needed whether it needs to ask */
async function heard(view: View, server: string, vip: Ip): Promise<ArpVoice & { readonly needed: boolean }> {
  const client = addressBeside(view.lab, view.lab.client, vip);
  const isIpv6 = familyOf(vip) === 6;
  const family = isIpv6 ? "-6" : "-4";
  // Type 135 is a neighbour solicitation: RFC 4861, section 4.3.
  const questions = isIpv6 ? "icmp6 and ip6[40] = 135" : "arp";
  // Without the VIP it cannot ask in its name, and a permanent entry is never asked for.
  const { output } = await view.on(
    server,
  )`route=$(ip -oneline ${family} route get ${client} from ${vip}) || { echo need not ask; exit 0; }
device=$(sed 's/.* dev //; s/ .*//' <<<"$route"); case $route in *" via "*) hop=$(sed 's/.* via //; s/ .*//' <<<"$route") ;; *) hop=${client} ;; esac
[ -z "$(ip neigh show to "$hop" dev "$device" nud permanent)" ] || { echo need not ask; exit 0; }
exec {wire}< <(exec timeout 20 tcpdump -Q out -n -l --immediate-mode -i "$device" ${questions} 2>&1); dump=$!
while read -r -t 10 -u $wire line; do echo "$line"; case $line in listening*) break ;; esac; done
ip neigh del "$hop" dev "$device" 2>/dev/null
ping -c 1 -W 0.5 -I ${vip} ${client} >/dev/null
kill $dump; cat <&$wire
for try in {1..20}; do case $(ip neigh show to "$hop" dev "$device") in *lladdr*) echo found; break ;; esac; sleep 0.1; done`;
  if (/^need not ask$/m.test(output)) return { names: [], found: true, needed: false };
  if (!/^listening on /m.test(output)) throw new Error(`${server}: tcpdump does not listen: ${output.trim()}`);
  // `12:00:00.000000 ARP, Request who-has 172.25.254.250 tell 172.25.254.12, length 28`, as tcpdump 4.99 prints it, and
  // `12:00:00.000000 IP6 fd00:254::12 > ff02::1:ff00:250: ICMP6, neighbor solicitation, who has fd00:254::250, length 32`.
  const question = isIpv6
    ? / IP6 ([\da-f:]+) > \S+: ICMP6, neighbor solicitation, /g
    : / ARP, Request who-has \S+(?: \(\S+\))? tell ([\d.]+)/g;
  const names = [...output.matchAll(question)].map(([, name = ""]) => name);
  return { names: [...new Set(names)], found: /^found$/m.test(output), needed: true };
}
