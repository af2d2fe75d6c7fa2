import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { unwrap } from "../values.ts";
import { endDirector, endKeepalived } from "./director-retirement.ts";
import { parseIpvsTable } from "./ipvs-table.ts";
import { withoutPasswords, withPasswords } from "./keepalived-conf.ts";
import { serviceAnswers, serviceQuestions, serviceState, startService } from "./service.ts";

/** The director where keepalived is in control: it holds the VIPs by VRRP, makes the IPVS table and checks the real servers. */
export const keepalived = defineResource({
  type: "Keepalived",
  summary: "A director under keepalived: VRRP for the VIP, the IPVS table, health checks.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The whole of keepalived.conf, as `keepalivedConf` writes it, but `PASSWORD` in the place of the password. */
    config: z.string(),
    /** VRRP's passwords in it, in its order. A secret. */
    passwords: z.array(z.string()),
    /** The virtual services in the kernel, `ADDRESS:PORT SCHEDULER`. Real servers come and go with their health and are not part of it. */
    virtualServices: z.array(z.string()),
    ...serviceState,
  }),

  upgrade: ({ password, ...rest }) =>
    password === undefined ? rest : { ...rest, passwords: unwrap(password) === "" ? [] : [password] },

  async observe({ server: ref }) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const seen = await server.look({
      config: command`cat ${path}`,
      table: "ipvsadm --save --numeric",
      ...serviceQuestions(service),
    });
    return {
      ...withoutPasswords(seen.config.text),
      virtualServices: parseIpvsTable(seen.table.text).map(
        ({ key, scheduler }) => `${key.replace("-t ", "")} ${scheduler}`,
      ),
      ...serviceAnswers(seen),
    };
  },

  async apply({ server: ref, config, passwords, virtualServices }, observed, progress) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const candidate = `${path}.candidate`;
    const newConfig = observed?.config !== config || !isDeepStrictEqual(observed.passwords, passwords);
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
              writing(candidate, withPasswords(config, passwords)),
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
    await (await connectTo(ref)).script(endKeepalived(ref.os));
  },
});

/** The command that waits until the kernel's table has these virtual services and no others, and fails if it has not in `seconds`. */
function tableIs(virtualServices: readonly string[], seconds: number): string {
  const wanted = [...virtualServices].sort().join("\n");
  const table =
    "ipvsadm --save --numeric | sed -n 's/^-A -[tu] \\([^ ]*\\) -s \\([^ ]*\\).*/\\1 \\2/p' | LC_ALL=C sort";
  return `(for try in $(seq ${10 * seconds}); do [ "$(${table})" = ${command`${wanted}`} ] && exit; sleep 0.1; done; exit 1)`;
}
