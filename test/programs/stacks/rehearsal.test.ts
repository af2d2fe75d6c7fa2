import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inferPlan } from "../../../rehearse/plan/infer.ts";
import { planText } from "../../../rehearse/plan/write.ts";
import { aFolder, instance, pathOf, service } from "../../unit/rehearse/a-folder.ts";
import { type Declared, declaredFor as declaredForStack } from "./a-program.ts";

/** What the program declares for the rehearsal of a folder. */
const declaredFor = (folder: string): Promise<Declared[]> => declaredForStack("rehearse-x", { rehearsal: folder });

/** What `pulumi.secret` becomes in a mock's inputs. */
const revealed = (value: unknown): unknown => (value as { value: unknown }).value;

const proxy = "listen web\n  bind *:8080\n  server b 10.0.0.31:80\n";

const script = "#!/bin/sh\nkillall -0 haproxy\n";

const configuration = (priority: number): string =>
  [
    "vrrp_script chk {\nscript /etc/keepalived/check.sh\n}",
    instance(["192.0.2.100/24", "198.51.100.100/24", "2001:db8::1"], { device: "ens192", priority }),
    instance(["10.0.0.1/24"], { name: "VI_2", id: 52, device: "ens224", priority }),
    service("192.0.2.100 80", ["192.0.2.21 80"]),
    service("198.51.100.100 443", ["10.0.0.21 8443 {\nSSL_GET {\nurl {\npath /\nstatus_code 204\n}\n}\n}"], {
      method: "NAT",
    }),
  ].join("\n");

describe("the rehearsal of a folder", () => {
  async function declared(): Promise<Declared[]> {
    const files = {
      ...{ "LB_1.conf": configuration(150), "lb2.conf": configuration(100), "check.sh": script },
      "haproxy.cfg": proxy,
    };
    const { folder, directors } = aFolder(files);
    writeFileSync(join(folder.path, "rehearsal.yaml"), planText(inferPlan(folder, directors)));
    return await declaredFor(folder.path);
  }

  it("is what the plan says, in order", async () => {
    const all = await declared();
    const one = (type: string, name: string): Declared => {
      const found = all.filter((each) => each.type.endsWith(`:${type}`) && each.name === name);
      expect(found, `${type} ${name}`).toHaveLength(1);
      return found[0] as Declared;
    };

    // A network for management, which alone the lab host has an address on.
    expect(
      all.filter(({ type }) => type.endsWith(":Network")).map(({ name, inputs }) => [name, inputs.addresses]),
    ).toEqual(
      expect.arrayContaining([
        ["segment", ["198.18.0.0/24"]],
        ["segment-2", []],
        ["segment-3", []],
      ]),
    );

    const client = one("Client", "client");
    expect(client.inputs).toMatchObject({ bridge: "lvsbr1", address: "192.0.2.250/24", others: ["198.51.100.250/24"] });
    expect(client.dependencies).toEqual(["host", "segment-2"]);

    expect(one("StandIn", "real1").inputs).toMatchObject({
      ...{ bridge: "lvsbr1", name: "real1", addresses: ["192.0.2.21/24"], quietAddresses: ["192.0.2.100"] },
      ...{ gateways: [], tunnel: false, listeners: [{ port: 80, tls: false, answers: [] }] },
    });
    const inside = one("StandIn", "real2");
    expect(inside.inputs).toMatchObject({
      ...{ bridge: "lvsbr2", addresses: ["10.0.0.21/24"], quietAddresses: [], gateways: ["10.0.0.1"] },
      listeners: [{ port: 8443, tls: true, answers: [{ path: "/", status: 204, everyone: false }] }],
    });
    expect(inside.dependencies).toEqual(["host", "segment-3"]);

    // A server under a host name, whose MAC addresses are those of its interfaces.
    expect(one("Domain", "lb-1").inputs).toMatchObject({
      memory: 512,
      networkInterfaces: [{ mac: "52:54:00:E0:00:00" }, { mac: "52:54:00:E0:00:01" }, { mac: "52:54:00:E0:00:02" }],
    });
    expect(one("BaseSystem", "lb-1-base").inputs).toMatchObject({
      ...{ hostname: "lb-1", hosts: { "lb-1": "198.18.0.11", lb2: "198.18.0.12", client: "192.0.2.250" } },
      packageServer: "http://198.18.0.1:3142",
    });
    const interfaces = one("OwnInterfaces", "lb-1-interfaces");
    expect(interfaces.inputs).toMatchObject({
      interfaces: [
        { mac: "52:54:00:e0:00:00", device: "lvs-lab", addresses: ["198.18.0.11/24"] },
        { mac: "52:54:00:e0:00:01", device: "ens192", addresses: ["192.0.2.11/24", "198.51.100.11/24"] },
        { mac: "52:54:00:e0:00:02", device: "ens224", addresses: ["10.0.0.11/24"] },
      ],
      sysctls: { "net.ipv4.ip_forward": "1" },
    });
    expect(interfaces.dependencies).toContain("lb-1-base");

    // keepalived comes when all that it needs is there, and so do other packages, from Debian.
    expect(one("Packages", "lb-1-packages").dependencies).toContain("lb-1-interfaces");
    const further = one("Packages", "lb-1-further-packages");
    expect(further.inputs).toMatchObject({ names: ["haproxy", "psmisc"], from: "debian" });
    expect(further.dependencies).toContain("lb-1-packages");
    const services = one("OwnServices", "lb-1-services");
    expect(services.inputs).toMatchObject({ services: ["haproxy"] });
    expect(revealed(services.inputs.files)).toEqual({
      "/etc/haproxy/haproxy.cfg": { text: proxy, executable: false },
    });
    // A health check that comes before a stand-in listens would take it out.
    expect(services.dependencies).toEqual(expect.arrayContaining(["lb-1-further-packages", "real1", "real2"]));
    const keepalived = one("OwnKeepalived", "lb-1-keepalived");
    expect(keepalived.dependencies).toEqual(expect.arrayContaining(["lb-1-services", "real1", "real2"]));
    expect(keepalived.inputs.configId).toBe("LB_1");
    expect(revealed(keepalived.inputs.files)).toEqual({
      "/etc/keepalived/keepalived.conf": { text: configuration(150), executable: false },
      "/etc/keepalived/check.sh": { text: script, executable: true },
    });

    // The roles of labs are none of it.
    const types = new Set(all.filter(({ type }) => type.startsWith("lvs:")).map(({ type }) => type.split(":").at(-1)));
    expect([...types].sort()).toEqual([
      ...["BaseSystem", "Client", "GuestImage", "KeyPair", "LabHost", "OwnInterfaces", "OwnKeepalived"],
      ...["OwnServices", "Packages", "SeedImage", "StandIn"],
    ]);
  });

  it.each([
    ["without a plan", { "lb1.conf": instance([]) }, /rehearsal\.yaml.*Fix: run `npx lvs-lab rehearse init /],
    [
      "with a plan that is wrong",
      { "lb1.conf": instance([]), "rehearsal.yaml": "os: x\n" },
      /rehearsal\.yaml:1:5: os: /,
    ],
    ["without a configuration", { "readme.txt": "a" }, /no configuration of keepalived\. Fix: /],
  ])("ends with the fix %s", async (_, files, message) => {
    await expect(declaredFor(pathOf(files as Record<string, string>))).rejects.toThrow(message);
  });
});
