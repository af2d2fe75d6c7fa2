import { describe, expect, it } from "vitest";
import { type Lab, labNames, parseLab, readLab, serverNamed } from "../../../lab/index.ts";
import { roleInputs, roleNames, roles } from "../../../provision/roles/index.ts";

const rolesIn = (lab: Lab, name: string): string[] => Object.keys(roleInputs(lab, serverNamed(lab, name))).sort();

describe("the roles of a server", () => {
  it.each([
    ["dr", "server1", ["director", "packages"]],
    ["dr", "server2", ["httpd", "packages", "realServer"]],
    ["ha", "server4", ["keepalived", "mail", "packages", "peerKeys"]],
    ["nat", "server1", ["director", "interfaces", "packages", "routing"]],
    ["nat", "server2", ["httpd", "packages", "routing"]],
    ["nat-ha", "server1", ["interfaces", "keepalived", "mail", "packages", "peerKeys", "routing"]],
    ["tunnel", "server3", ["httpd", "packages", "realServer"]],
    ["localnode", "server1", ["director", "httpd", "packages"]],
    ["udp", "server2", ["packages", "realServer", "udpServer"]],
    ["health-checks", "server2", ["httpd", "mail", "packages", "realServer", "udpServer"]],
  ])("%s: %s", async (lab, server, roles) => {
    expect(rolesIn(await readLab(`labs/${lab}.yaml`), server)).toEqual(roles);
  });

  it("a manual lab: those that it is to get", async () => {
    const [bare, dr] = [await readLab("labs/bare.yaml"), await readLab("labs/dr.yaml")];
    for (const { name } of dr.servers)
      expect(roleInputs(bare, serverNamed(bare, name))).toEqual(roleInputs(dr, serverNamed(dr, name)));
  });
});

it("the packages are those of the roles, and nftables, which faults use", async () => {
  const lab = await readLab("labs/ha.yaml");
  const of = (name: string) => roleInputs(lab, serverNamed(lab, name)).packages;
  expect(of("server1")).toEqual({
    groups: ["ipvsadm", "keepalived", "mail"],
    names: ["bsd-mailx", "ipvsadm", "keepalived", "nftables", "opensmtpd"],
  });
  expect(of("server2")).toEqual({ groups: ["httpd", "arptables"], names: ["apache2", "arptables", "nftables"] });
});

it("a cure by nft needs no package that others do not have", async () => {
  const lab = await readLab("labs/dr.yaml");
  const cured = { ...serverNamed(lab, "server2"), arpCure: "nftables" as const };
  expect(roleInputs(lab, cured).packages).toEqual({ groups: ["httpd", "nftables"], names: ["apache2", "nftables"] });
});

it.each(labNames())("the resources take the inputs of labs/%s.yaml as they are", async (file) => {
  const lab = await readLab(`labs/${file}.yaml`);
  for (const server of lab.servers) {
    const inputs = roleInputs(lab, server);
    // The stack makes the keys.
    for (const name of roleNames.filter((one) => one !== "peerKeys")) {
      const given = inputs[name];
      if (given)
        expect(roles[name].resource.want.parse(given), `${server.name}: ${name}`).toMatchObject(strippedOf(given));
    }
  }
});

/** Without what is not the resource's: where it is, and what the packages are for. */
const strippedOf = (inputs: object): object =>
  Object.fromEntries(Object.entries(inputs).filter(([key]) => !["interface", "address6", "groups"].includes(key)));

it("the UDP server of a real server with both families answers over both", () => {
  const lab = parseLab(
    `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24, "fd00:254::/64"] }]
services: [{ vip: 172.25.254.100, port: 5353, protocol: udp }, { vip: "fd00:254::100" }]
servers:
  - { name: a, addresses: [172.25.254.11, "fd00:254::11"], role: director }
  - { name: b, addresses: [172.25.254.12, "fd00:254::12"], role: real-server }`,
    "lab.yaml",
  );
  const { udpServer } = roleInputs(lab, serverNamed(lab, "b"));
  expect(udpServer?.addresses).toEqual(["172.25.254.12", "fd00:254::12", "172.25.254.100"]);
  expect(roles.udpServer.resource.want.safeParse(udpServer).success).toBe(true);
});
