import { type Command, Option } from "commander";
import { directors, realServers, type Server, type VirtualService } from "../../lab/index.ts";
import { posixQuote } from "../../provision/posix-quote.ts";
import type { LiveLab } from "../../verify/live/live-lab.ts";
import { liveLab, serverOf } from "../live-lab.ts";
import { type StackOptions, stackOption } from "../options.ts";
import { qualifiedName, writeSshFiles } from "../ssh-files.ts";

export const inventory = (program: Command): void => {
  program
    .command("inventory")
    .description("print the lab as an Ansible inventory; cli/ansible-inventory is the inventory script")
    .addOption(stackOption())
    .addOption(new Option("--list", "print all groups and hosts, the default").conflicts("host"))
    .option("--host <name>", "print the variables of one host")
    .action(async ({ stack, host }: StackOptions & { host?: string }) => {
      const live = await liveLab(stack);
      const found = ansibleInventory(live, (await writeSshFiles(live)).path);
      console.log(JSON.stringify(host ? found._meta.hostvars[serverOf(live, host).name] : found, null, 2));
    });
};

/** Ansible's variables of a host. */
interface HostVariables {
  readonly ansible_host: string;
  readonly ansible_user: "root";
  readonly ansible_ssh_common_args: string;
  readonly address: string;
}

/** Output of an inventory script: Ansible's "Developing dynamic inventory". */
interface AnsibleInventory {
  readonly _meta: { readonly hostvars: Readonly<Record<string, HostVariables>> };
  readonly all: { readonly children: readonly string[]; readonly vars: Readonly<Record<string, string | number>> };
  readonly directors: { readonly hosts: readonly string[] };
  readonly real_servers: { readonly hosts: readonly string[] };
}

/** @param sshConfig path of the lab's ssh_config(5) */
export function ansibleInventory({ stack, lab }: Pick<LiveLab, "stack" | "lab">, sshConfig: string): AnsibleInventory {
  const names = (servers: readonly Server[]) => servers.map(({ name }) => name);
  const variables = ({ name, management }: Server): HostVariables => ({
    // Ansible reuses connections by this name, so it must be unique across labs.
    ansible_host: qualifiedName(stack, name),
    ansible_user: "root",
    ansible_ssh_common_args: `-F ${posixQuote(sshConfig)}`,
    address: management,
  });
  const [service] = lab.services;
  return {
    _meta: { hostvars: Object.fromEntries(lab.servers.map((server) => [server.name, variables(server)])) },
    all: {
      children: ["directors", "real_servers"],
      // Not `port`: Ansible reserves it.
      vars: { control: lab.control, ...(service ? serviceVariables(service) : {}) },
    },
    directors: { hosts: names(directors(lab)) },
    real_servers: { hosts: names(realServers(lab)) },
  };
}

/** The lab's first virtual service. */
const serviceVariables = ({ vip, port, scheduler }: VirtualService) => ({ vip, vip_port: port, scheduler });
