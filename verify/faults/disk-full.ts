import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const FILLER = "/var/tmp/lvs-lab-disk-full";

/**
 * Fills the disk. Most of it is allocated at once, and only the rest is written: allocating all free space fails, since the file system
 * needs some of it for the file's extents.
 */
const FILL = `fallocate -l $(($(df --output=avail -B1 / | tail -n 1) - 16777216)) ${FILLER}; cat /dev/zero >>${FILLER}`;

/** Free space below this counts as full, in KiB. */
const FULL_KIB = 64;

export const diskFull = defineFault({
  id: "disk-full",
  title: "fill the disk of",
  explains:
    "Nothing can be written: no log, no mail. Forwarding in the kernel, keepalived's advertisements and reads from the page cache go on.",
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
