/**
 * The lab's own notify script: it logs what keepalived calls it with, `INSTANCE NAME STATE PRIORITY` (keepalived.conf(5), notify). `journalctl -t
 * keepalived-notify` shows it.
 */
export const notifyScript = {
  path: "/etc/keepalived/lvs-lab-notify",
  /** The identifier in the journal. */
  tag: "keepalived-notify",
  text: `#!/bin/sh
# Called by keepalived at each change of state; the lab's.
exec logger --tag keepalived-notify -- "$*"
`,
} as const;
