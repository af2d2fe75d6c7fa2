import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const FILLER = "/var/tmp/lvs-lab-disk-full";

/**
 * Takes all room. The most of it is allocated in one go, and only the rest is written: an allocation of just what is free fails, for the file
 * system needs some of it to note where the file lies.
 */
const FILL = `fallocate -l $(($(df --output=avail -B1 / | tail -n 1) - 16777216)) ${FILLER}; cat /dev/zero >>${FILLER}`;

/** Less than this counts as full, in KiB. */
const FULL_KIB = 64;

export const diskFull = defineFault({
  id: "disk-full",
  title: "fill the disk of",
  explains:
    "Nothing can be written: no log, no mail. What is forwarded in the kernel, advertised by keepalived and read from the page cache goes on.",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: FILL, heal: `rm ${FILLER}` },
  async inject({ view, server }) {
    const script = `{ ${FILL}; } 2>/dev/null; test "$(df --output=avail -k / | tail -n 1)" -lt ${FULL_KIB}`;
    await must(view.on(server)`bash -c ${script}`);
  },
  async heal({ view, server }) {
    await must(view.on(server)`rm -f ${FILLER}`);
  },
  async present({ view, server }) {
    const free = Number((await view.on(server)`df --output=avail -k / | tail -n 1`).output.trim());
    return { there: free < FULL_KIB, seen: `${free} KiB are free` };
  },
});
