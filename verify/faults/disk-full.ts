import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

const FILLER = "/var/tmp/lvs-lab-disk-full";

/** Less than this counts as full, in KiB. */
const FULL_KIB = 64;

export const diskFull = defineFault({
  id: "disk-full",
  title: "fill the disk of",
  explains:
    "Nothing can be written: no log, no mail. What is forwarded in the kernel, advertised by keepalived and read from the page cache goes on.",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: `fallocate -l $(df --output=avail -B1 / | tail -n 1) ${FILLER}`, heal: `rm ${FILLER}` },
  async inject({ view, server }) {
    // Allocated in one go; what the file system keeps to itself for that is filled by writing until it fails.
    await must(
      view.on(
        server,
      )`fallocate -l "$(df --output=avail -B1 / | tail -n 1 | tr -d ' ')" ${FILLER} 2>/dev/null; cat /dev/zero >>${FILLER} 2>/dev/null; test "$(df --output=avail -k / | tail -n 1)" -lt ${FULL_KIB}`,
    );
  },
  async heal({ view, server }) {
    await must(view.on(server)`rm -f ${FILLER}`);
  },
  async present({ view, server }) {
    const free = Number((await view.on(server)`df --output=avail -k / | tail -n 1`).output.trim());
    return { there: free < FULL_KIB, seen: `${free} KiB are free` };
  },
});
