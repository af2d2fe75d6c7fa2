import { serverNamed } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import type { View } from "./view.ts";

/** A BFD session as the running keepalived has it. */
export interface BfdState {
  readonly name: string;
  readonly source: string;
  readonly neighbor: string;
  /** `Up`, `Init`, `Down` or `AdminDown`: RFC 5880, section 4.1. */
  readonly state: string;
  /** Milliseconds, as both ends have agreed; 0: they never have. */
  readonly detectionTime: number;
}

/**
 * Asks the keepalived that runs on a server for its BFD sessions: at its signal DATA its BFD process writes them to /tmp/keepalived_bfd.data, in the /tmp
 * of the process.
 * @returns undefined if none answers
 */
export async function bfdState(view: View, server: string): Promise<BfdState[] | undefined> {
  const { bfdPid } = osFamilies[serverNamed(view.lab, server).os].keepalived;
  // Each session ends with when it was last seen.
  const { output, status } = await view.on(
    server,
  )`pid=$(cat ${bfdPid}) && file=/proc/$pid/root/tmp/keepalived_bfd.data || exit 1
rm -f "$file"
kill -s "$(keepalived --signum=DATA)" "$pid" || exit 1
complete() {
  sessions=$(grep -c '^ BFD Instance = ' "$file" 2>/dev/null)
  [ "$sessions" -gt 0 ] && [ "$sessions" = "$(grep -c '^   last.seen = ' "$file")" ]
}
for try in $(seq 50); do ! complete 2>/dev/null || break; sleep 0.1; done
sed -n '/^------< BFD Topology >/,$p' "$file"`;
  const found = parseBfd(output);
  return status === 0 && found.length > 0 ? found : undefined;
}

/** Sessions in keepalived_bfd.data, as keepalived 2.2.7 and 2.3.3 write it (dump_bfd in their bfd_data.c). */
export function parseBfd(text: string): BfdState[] {
  return text
    .split(/^ BFD Instance = /m)
    .slice(1)
    .map((block) => {
      const value = (key: string): string => new RegExp(`^ {3}${key} = (.*)$`, "m").exec(block)?.[1]?.trim() ?? "";
      return {
        name: block.split("\n", 1)[0] ?? "",
        source: value("Source IP"),
        neighbor: value("Neighbor IP"),
        state: value("local state"),
        detectionTime: Number.parseInt(value("local detection time") || "0", 10) / 1000,
      };
    });
}
