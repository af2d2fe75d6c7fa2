import { readFile } from "node:fs/promises";
import { quote } from "zx";
import { directors, pageOf, realServers, type Server } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { aptConf } from "../../provision/roles/packages.ts";
import { SshAccess } from "../harness/ssh-access.ts";
import type { Contender } from "./contender.ts";
import { type Contents, contentsOf, makePeerKeys } from "./contents.ts";

/** The minimum of work: the bare commands, one script per server, all servers in parallel, one ssh each. */
export const floor: Contender = {
  name: "floor: one shell script a server",
  id: "floor",
  missing: () => undefined,
  async begin(_lab, live) {
    const { lab } = live;
    const access = await SshAccess.to(live);
    const known = {
      peerKeys: await makePeerKeys(lab),
      hostKeys: new Map(live.servers.map(({ name, hostKey }) => [name, hostKey])),
    };
    const everywhere = async (of: readonly { name: string }[], text: (name: string) => Promise<string>) => {
      await Promise.all(of.map(async ({ name }) => access.script(name, await text(name))));
    };
    let wanted: string = lab.services[0]?.scheduler ?? "rr";
    return {
      owns: false,
      provision: async () => {
        const make = async (server: Server) =>
          await access.script(server.name, await provisioning(server, contentsOf(lab, server, known)));
        await Promise.all(lab.servers.map(make));
      },
      // A script cannot know that nothing is to be done; the minimum is one request to every server.
      again: { "floor: one ssh login a server": () => everywhere(lab.servers, async () => "true\n") },
      edit: async (scheduler) => {
        wanted = scheduler;
      },
      change: () => everywhere(directors(lab), () => floorScript("change", { SCHEDULER: wanted })),
      mend: () => everywhere(realServers(lab).slice(0, 1), (name) => floorScript("mend", { PAGE: pageOf(lab, name) })),
      end: () => access.end(),
    };
  },
};

/** The script that sets a fresh server up. */
export const provisioning = ({ role }: Pick<Server, "role">, contents: Contents): Promise<string> =>
  floorScript(role, {
    APT_SETTINGS: aptConf,
    PACKAGES: contents.packages.join(" "),
    ...(role === "director"
      ? {
          KEEPALIVED_CONF: contents.keepalivedConf,
          SMTPD_CONF: contents.smtpdConf,
          IDENTITY: contents.identity,
          AUTHORIZED: contents.authorized.join("\n"),
          KNOWN_HOSTS: contents.knownHosts.join("\n"),
        }
      : { PAGE: contents.page, UNIT: contents.unit }),
  });

/**
 * Runs a script of bench/floor/ by `bash -s`, with its variables. Its commands get their own stdin, or dpkg would read the rest of the
 * script.
 */
export async function floorScript(name: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const text = await readFile(`${projectRoot}/bench/floor/${name}.sh`, "utf8");
  const settings = Object.entries(variables).map(([variable, value]) => `${variable}=${quote(value)}\n`);
  return `${settings.join("")}{\n${text}} </dev/null\n`;
}
