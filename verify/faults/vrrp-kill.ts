import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { exampleOs, must, osOf } from "./unit.ts";

const example = exampleOs.keepalived;

/** Clock ticks a second of /proc/PID/stat, field 22 (start time): proc(5). */
const TICKS = 100;

export const vrrpKill = defineFault({
  id: "vrrp-kill",
  title: "kill -9 the VRRP process on",
  explains:
    "keepalived's parent sees its VRRP child die and starts another at once. That one takes the VIP off the interface and listens first, for its own master-down interval: clients wait about as long as after a crash.",
  parameters: none,
  targets: targets.keepalivedDirectors,
  byHand: { inject: `kill -9 $(cat ${example.vrrpPid})`, heal: `systemctl restart ${example.service}` },
  async inject({ view, server }) {
    const { vrrpPid } = osOf({ view, server }).keepalived;
    // Waits until the old process is two seconds old: `present` tells the new one by its age.
    await must(
      view.on(server)`old=$(cat ${vrrpPid})
age() { echo $(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) - $(cut -d ' ' -f 22 "/proc/$old/stat"))); }
while [ "$(age)" -lt ${2 * TICKS} ]; do sleep 0.2; done
kill -9 "$old"
for try in $(seq 100); do new=$(cat ${vrrpPid} 2>/dev/null); [ "$new" ] && [ "$new" != "$old" ] && exit 0; sleep 0.1; done
echo "no other VRRP process came"; exit 1`,
    );
  },
  async heal({ view, server }) {
    await must(view.on(server)`systemctl restart ${osOf({ view, server }).keepalived.service}`);
  },
  async present({ view, server }) {
    const { vrrpPid, checkersPid } = osOf({ view, server }).keepalived;
    // keepalived starts both children at once; a restarted child is younger than its sibling.
    const { output } = await view.on(
      server,
    )`cut -d ' ' -f 22 /proc/$(cat ${checkersPid})/stat /proc/$(cat ${vrrpPid})/stat`;
    const [sibling = 0, child = 0] = output.trim().split(/\s+/).map(Number);
    const seconds = (child - sibling) / TICKS;
    return {
      there: seconds > 1,
      seen: `the VRRP process was started ${seconds.toFixed(2)} s after the health checks' process`,
    };
  },
});
