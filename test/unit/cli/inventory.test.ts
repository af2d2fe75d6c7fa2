import { describe, expect, it } from "vitest";
import { ansibleInventory } from "../../../cli/commands/inventory.ts";
import { aLiveLab } from "../verify/a-live-lab.ts";

/** Names that Ansible reserves and warns of: attributes of plays and tasks (ansible.vars.reserved). */
const reserved = ["port", "hosts", "name", "tags", "connection", "environment", "vars", "when", "roles", "register"];

const found = ansibleInventory(await aLiveLab("ha"), "/state/it's/ssh/config");

// "Developing dynamic inventory", Inventory script conventions.
describe("the inventory that Ansible's script plugin reads", () => {
  it("has a key for each group, whose value is a dictionary of hosts, children and vars", () => {
    const { _meta, ...groups } = found;
    expect(groups).toEqual({
      all: {
        children: ["directors", "real_servers"],
        vars: { control: "keepalived", vip: "172.25.254.100", vip_port: 80, scheduler: "rr" },
      },
      directors: { hosts: ["server1", "server4"] },
      real_servers: { hosts: ["server2", "server3"] },
    });
  });

  it("has every host's variables below _meta, so that the script is not called once a host", () => {
    expect(Object.keys(found._meta)).toEqual(["hostvars"]);
    expect(Object.keys(found._meta.hostvars)).toEqual(["server1", "server2", "server3", "server4"]);
    expect(found._meta.hostvars.server4).toEqual({
      ansible_host: "server4.ha",
      ansible_user: "root",
      ansible_ssh_common_args: "-F '/state/it'\\''s/ssh/config'",
      address: "172.25.254.14",
    });
  });

  it("uses no name that Ansible reserves", () => {
    const names = [...Object.values(found._meta.hostvars), found.all.vars].flatMap((variables) =>
      Object.keys(variables),
    );
    expect(names.filter((name) => reserved.includes(name))).toEqual([]);
  });
});
