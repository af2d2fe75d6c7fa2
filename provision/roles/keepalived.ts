import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { endDirector, endKeepalived } from "./director-retirement.ts";
import { parseIpvsTable } from "./ipvs-table.ts";
import { withoutPassword, withPassword } from "./keepalived-conf.ts";
import { serviceAnswers, serviceQuestions, serviceState, startService } from "./service.ts";

const { service, config: path } = osFamilies.debian.keepalived;

/** The ha stage's director: keepalived holds the VIP by VRRP, makes the IPVS table and checks the real servers. */
export const keepalived = defineResource({
  type: "Keepalived",
  summary: "A director under keepalived: VRRP for the VIP, the IPVS table, health checks.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The whole of keepalived.conf, as `keepalivedConf` writes it, but `PASSWORD` in the place of the password. */
    config: z.string(),
    /** VRRP's password in it; "" where it has none. A secret. */
    password: z.string(),
    /** The virtual services in the kernel, `ADDRESS:PORT SCHEDULER`. Real servers come and go with their health and are not part of it. */
    virtualServices: z.array(z.string()),
    ...serviceState,
  }),

  async observe({ server: ref }) {
    const server = await connectTo(ref);
    const seen = await server.look({
      config: command`cat ${path}`,
      table: "ipvsadm --save --numeric",
      ...serviceQuestions(service),
    });
    return {
      ...withoutPassword(seen.config.text),
      virtualServices: parseIpvsTable(seen.table.text).map(
        ({ key, scheduler }) => `${key.replace("-t ", "")} ${scheduler}`,
      ),
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, config, password, virtualServices }, observed, progress) {
    const server = await connectTo(ref);
    const candidate = `${path}.candidate`;
    const newConfig = observed?.config !== config || observed.password !== password;
    const tableAsWas = isDeepStrictEqual(observed?.virtualServices, virtualServices);
    // A new start does away with a table that was emptied behind keepalived's back, or left by somebody else: no reload sees to that.
    const restart = [
      ...(observed?.running ? [command`systemctl stop ${service}`] : []),
      "ipvsadm --clear",
      startService(service, observed),
      `${tableIs(virtualServices, 60)} || true`, // if not, that is seen and said by name
    ].join("\n");
    progress(newConfig ? "keepalived.conf, starting keepalived" : "starting keepalived");
    await server.script(
      [
        "set -e",
        endDirector,
        // 0: good; anything else has been printed: keepalived(8). A bad file never takes a good one's place.
        ...(newConfig
          ? [
              writing(candidate, withPassword(config, password)),
              command`keepalived --config-test --use-file ${candidate}`,
              command`mv ${candidate} ${path}`,
            ]
          : []),
        // A reload leaves the VIP and the connections where they are.
        ...(observed?.running && (newConfig || tableAsWas)
          ? [startService(service, observed, "reload"), `if ! ${tableIs(virtualServices, 5)}; then\n${restart}\nfi`]
          : [restart]),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script(endKeepalived);
  },
});

/** The command that waits until the kernel's table has these virtual services and no others, and fails if it has not in `seconds`. */
function tableIs(virtualServices: readonly string[], seconds: number): string {
  const wanted = [...virtualServices].sort().join("\n");
  const table =
    "ipvsadm --save --numeric | sed -n 's/^-A -[tu] \\([^ ]*\\) -s \\([^ ]*\\).*/\\1 \\2/p' | LC_ALL=C sort";
  return `(for try in $(seq ${10 * seconds}); do [ "$(${table})" = ${command`${wanted}`} ] && exit; sleep 0.1; done; exit 1)`;
}
