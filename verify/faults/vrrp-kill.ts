import { osFamilies } from "../../provision/os.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const { vrrpPid: PID_FILE, checkersPid } = osFamilies.debian.keepalived;

/** Clock ticks a second of /proc/PID/stat, field 22 (start time): proc(5). */
const TICKS = 100;

export const vrrpKill = defineFault({
  id: "vrrp-kill",
  title: "kill -9 the VRRP process on",
  explains:
    "keepalived's parent sees its VRRP child die and starts another at once. That one takes the VIP off the interface and listens first, for its own master-down interval: clients wait about as long as after a crash.",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: { inject: `kill -9 $(cat ${PID_FILE})`, heal: "systemctl restart keepalived" },
  async inject({ view, server }) {
    // Of a keepalived that was started just now the new process could not be told from the old one by its age.
    await must(
      view.on(server)`old=$(cat ${PID_FILE})
age() { echo $(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) - $(cut -d ' ' -f 22 "/proc/$old/stat"))); }
while [ "$(age)" -lt ${2 * TICKS} ]; do sleep 0.2; done
kill -9 "$old"
for try in $(seq 100); do new=$(cat ${PID_FILE} 2>/dev/null); [ "$new" ] && [ "$new" != "$old" ] && exit 0; sleep 0.1; done
echo "no other VRRP process came"; exit 1`,
    );
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl restart keepalived`);
  },
  async present({ view, server }) {
    // keepalived starts its two children one right after the other; a child that was started again is younger than its sibling.
    const { output } = await view.on(
      server,
    )`cut -d ' ' -f 22 /proc/$(cat ${checkersPid})/stat /proc/$(cat ${PID_FILE})/stat`;
    const [sibling = 0, child = 0] = output.trim().split(/\s+/).map(Number);
    const seconds = (child - sibling) / TICKS;
    return {
      there: seconds > 1,
      seen: `the VRRP process was started ${seconds.toFixed(2)} s after the health checks' process`,
    };
  },
});
