import { patience } from "../../provision/ssh/index.ts";
import { until } from "../../provision/until.ts";
import { LabError } from "../live/lab-error.ts";
import { onServer } from "../live/live-lab.ts";
import { defineFault } from "./fault.ts";
import { none } from "./parameters.ts";
import { targets } from "./targets.ts";
import { untilBooted } from "./until-booted.ts";

export const reboot = defineFault({
  id: "reboot",
  title: "reboot",
  explains:
    "A shutdown in order: keepalived announces priority 0 as it stops, and the standby waits for its skew alone. Over by itself when the server is up again.",
  masterGoes: "announced",
  realServer: "silent",
  parameters: none,
  targets: targets.servers,
  byHand: { inject: "systemctl reboot", heal: "wait for it" },
  async inject({ view, server }) {
    const ssh = await onServer(view.live, server);
    await ssh.try`systemctl --no-block reboot`;
    // sshd closes its sessions as it stops. Login attempts would not show that: an emulated guest may be back before one ends.
    const seconds = patience(view.live, 6);
    await until(
      async () => {
        if (ssh.connected) throw new Error("it still keeps its SSH connections");
      },
      {
        seconds,
        everyMs: 50,
        failed: (last) => new LabError(`${server} did not go down within ${seconds} s: ${(last as Error).message}`),
      },
    );
  },
  async heal({ view, server }) {
    await untilBooted(view.live, server);
  },
  async present({ view, server }) {
    const state = await onServer(view.live, server, { seconds: 1 })
      .then(async (ssh) => (await ssh.try`systemctl is-system-running`).stdout.trim())
      .catch(() => "");
    return {
      there: !/^(running|degraded)$/.test(state),
      seen: state === "" ? "it takes no SSH login" : `systemd is ${state}`,
    };
  },
});
