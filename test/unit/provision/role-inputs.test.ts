import { describe, expect, it } from "vitest";
import { type Lab, labNames, readLab, serverNamed } from "../../../lab/index.ts";
import { roleInputs } from "../../../provision/role-inputs.ts";
import { director } from "../../../provision/roles/director.ts";
import { httpd } from "../../../provision/roles/httpd.ts";
import { interfaces } from "../../../provision/roles/interfaces.ts";
import { keepalived } from "../../../provision/roles/keepalived.ts";
import { mail } from "../../../provision/roles/mail.ts";
import { packages } from "../../../provision/roles/packages.ts";
import { realServer } from "../../../provision/roles/real-server.ts";
import { routing } from "../../../provision/roles/routing.ts";
import { udpServer } from "../../../provision/roles/udp-server.ts";

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

const definitions = { interfaces, packages, httpd, udpServer, routing, realServer, director, mail, keepalived };

it.each(labNames())("the resources take the inputs of labs/%s.yaml as they are", async (name) => {
  const lab = await readLab(`labs/${name}.yaml`);
  for (const server of lab.servers) {
    const inputs = roleInputs(lab, server);
    for (const [role, { want }] of Object.entries(definitions)) {
      const given = inputs[role as keyof typeof definitions];
      if (given) expect(want.parse(given), `${server.name}: ${role}`).toMatchObject(strippedOf(given));
    }
  }
});

/** Without what is not the resource's: where it is, and what the packages are for. */
const strippedOf = (inputs: object): object =>
  Object.fromEntries(Object.entries(inputs).filter(([key]) => !["interface", "address6", "groups"].includes(key)));
