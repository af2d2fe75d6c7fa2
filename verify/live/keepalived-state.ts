import { serverNamed } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import type { View } from "./view.ts";

/** A VRRP instance as the running keepalived has it, whatever its file says by now. */
export interface InstanceState {
  readonly name: string;
  readonly id: number;
  readonly version: number;
  /** `MASTER`, `BACKUP` or `FAULT`. */
  readonly state: string;
  /** As configured. */
  readonly priority: number;
  /** With the weights of what it tracks. */
  readonly effectivePriority: number;
  /** Seconds. */
  readonly advertInterval: number;
  readonly preempt: boolean;
  /** Seconds. */
  readonly preemptDelay: number;
  /** Empty: it advertises by multicast. */
  readonly peers: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * Asks the keepalived that runs on a server for its instances: at its signal DATA it writes them to /tmp/keepalived.data (keepalived(8)). That is the
 * /tmp of the process, whose unit may have one of its own (systemd.exec(5), PrivateTmp); Debian 12's and 13's have none.
 * @returns undefined if none answers
 */
export async function keepalivedState(view: View, server: string): Promise<InstanceState[] | undefined> {
  const { vrrpPid } = osFamilies[serverNamed(view.lab, server).os].keepalived;
  // The last part of the file comes last; passwords stay where they are.
  const { output, status } = await view.on(
    server,
  )`pid=$(cat ${vrrpPid}) && file=/proc/$pid/root/tmp/keepalived.data || exit 1
rm -f "$file"
kill -s "$(keepalived --signum=DATA)" "$pid" || exit 1
for try in $(seq 50); do grep -q '^------< Interfaces >' "$file" 2>/dev/null && break; sleep 0.1; done
sed -n '/^------< VRRP Topology >/,/^------< VRRP Sockpool >/p' "$file" | grep -v Password`;
  const found = parseInstances(output);
  return status === 0 && found.length > 0 ? found : undefined;
}

/** Instances in keepalived.data, as keepalived 2.2.7 and 2.3.3 write it (dump_vrrp in their vrrp_data.c). */
export function parseInstances(text: string): InstanceState[] {
  return text
    .split(/^ VRRP Instance = /m)
    .slice(1)
    .map((block) => {
      const value = (key: string): string => new RegExp(`^ {3}${key} = (.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
      const listed = (key: string): string[] => {
        const [, lines = ""] = new RegExp(`^ {3}${key} (?:\\(\\d+\\))?:\n((?: {5,}.*\n)*)`, "m").exec(block) ?? [];
        return [...lines.matchAll(/^ {5}([\d.:a-f]+)/gm)].map(([, address = ""]) => address);
      };
      // `Advert interval = 1 sec`, in version 3 `100 milli-sec`.
      const [interval = "", unit = ""] = value("Advert interval").split(" ");
      return {
        name: block.split("\n", 1)[0] ?? "",
        id: Number(value("Virtual Router ID")),
        version: Number(value("VRRP Version")),
        state: value("State"),
        priority: Number(value("Priority")),
        effectivePriority: Number(value("Effective priority")),
        advertInterval: unit.startsWith("milli") ? Number(interval) / 1000 : Number(interval),
        preempt: value("Preempt") === "enabled",
        preemptDelay: Number.parseFloat(value("Preempt delay") || "0"),
        peers: listed("Unicast Peer"),
        addresses: listed("Virtual IP"),
      };
    });
}
