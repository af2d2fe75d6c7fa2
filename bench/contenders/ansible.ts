import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { forwardingMethods, type Lab, ownVipsOf, type Scheduler, serviceDevice, vrrpPartsOf } from "../../lab/index.ts";
import { projectRoot } from "../../provision/paths.ts";
import { aptConf } from "../../provision/roles/packages.ts";
import { onPath } from "../harness/on-path.ts";
import { run } from "../harness/run.ts";
import { SshAccess } from "../harness/ssh-access.ts";
import type { Contender } from "./contender.ts";
import { type Contents, contentsOf, makePeerKeys } from "./contents.ts";
import { floorScript } from "./floor.ts";

export const playbook = join(projectRoot, "bench/ansible/site.yml");
const settings = join(projectRoot, "bench/ansible/ansible.cfg");

/** A user's alternative to the roles: a playbook. */
export const ansible: Contender = {
  name: "Ansible",
  id: "ansible",
  missing: () =>
    onPath("ansible-playbook") ? undefined : "there is no ansible-playbook on PATH: `apt-get install ansible-core`",
  version: async () => `${(await run(["ansible-playbook", "--version"])).split("\n")[0]}.`,
  async begin(_lab, live) {
    const access = await SshAccess.to(live);
    const known = {
      peerKeys: await makePeerKeys(live.lab),
      hostKeys: new Map(live.servers.map(({ name, hostKey }) => [name, hostKey])),
    };
    const file = join(access.directory, "inventory.json");
    const write = async (lab: Lab) => {
      const contents = new Map(lab.servers.map((server) => [server.name, contentsOf(lab, server, known)] as const));
      const inventory = inventoryOf(lab, { contents, sshOptions: access.options });
      await writeFile(file, JSON.stringify(inventory, null, 2), { mode: 0o600 });
    };
    const play = async () => await playWith(file, access.controlPath);
    await write(live.lab);
    const python = await floorScript("python");
    await Promise.all(live.servers.map(({ name }) => access.script(name, python)));
    return {
      owns: false,
      provision: async () => void (await play()),
      again: {
        Ansible: async () => {
          const changed = changesIn(await play());
          if (changed > 0)
            throw new Error(`the playbook's second run changed ${changed} things: it is no idempotent one`);
        },
      },
      edit: (scheduler) =>
        write({
          ...live.lab,
          services: live.lab.services.map((service) => ({ ...service, scheduler: scheduler as Scheduler })),
        }),
      change: async () => void (await play()),
      mend: async () => void (await play()),
      // Connections that Ansible keeps open for a minute belong to one run: a user's next run comes later.
      cool: () => access.cool(),
      end: () => access.end(),
    };
  },
};

/** Runs the playbook. @returns its output */
export function playWith(inventory: string, controlPath: string, ...options: readonly string[]): Promise<string> {
  return run(["ansible-playbook", "--inventory", inventory, ...options, playbook], {
    env: {
      ANSIBLE_CONFIG: settings,
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_SSH_CONTROL_PATH: controlPath.replaceAll("%", "%%"), // Ansible formats it with Python's %
      LC_ALL: "C.UTF-8",
    },
  });
}

/** An inventory as JSON, in the form of Ansible's YAML inventory. It contains private keys. */
export function inventoryOf(
  lab: Lab,
  { contents, sshOptions }: { contents: ReadonlyMap<string, Contents>; sshOptions: readonly string[] },
) {
  return {
    all: {
      vars: {
        ansible_ssh_common_args: sshOptions.join(" "),
        apt_settings: playbookAptSettings,
        services: lab.services.map((service) => ({
          ...service,
          lb_kind: forwardingMethods[service.forwarding].lbKind,
        })),
      },
      hosts: Object.fromEntries(
        lab.servers.map((server) => {
          const { name, role, management } = server;
          const { packages, page, identity, authorized, knownHosts } = contents.get(name) as Contents;
          const own =
            role === "director"
              ? { vrrp: vrrpPartsOf(lab, server), identity, authorized, known_hosts: knownHosts }
              : { vips: ownVipsOf(lab, name), interface: serviceDevice(server), page };
          return [name, { lab_role: role.replace("-", "_"), address: management, packages, ...own }];
        }),
      ),
    },
  };
}

/** Keep apt's default path of lists: Ansible's module checks their age only there. */
const playbookAptSettings = aptConf
  .split("\n")
  .filter((line) => !line.startsWith("Dir::State::Lists"))
  .join("\n");

/** Number of changed tasks on all hosts, from the recap. */
export const changesIn = (output: string): number =>
  [...output.matchAll(/\bchanged=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
