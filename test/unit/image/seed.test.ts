import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { guestDirectory } from "../../../provision/host/image/recipe.ts";
import { seed, seedOf } from "../../../provision/host/image/seed.ts";

const input = {
  instanceId: "lab-ha.1",
  hostname: "server1",
  address: "172.25.254.11/24",
  mac: "52:54:00:AB:CD:0E",
  authorizedKeys: [
    "ssh-ed25519 AAAAC3Nza student's key: # the first",
    `command="echo 'hi'" ecdsa-sha2-nistp256 AAAAE2VjZ second`,
  ],
  hostKey: {
    private: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\nZXktdjEAAAA=\n-----END OPENSSH PRIVATE KEY-----\n",
    public: "ssh-ed25519 AAAAC3host root@server1\n",
  },
};

describe("seed", () => {
  it("is what cloud-init reads as NoCloud", () => {
    const { userData, metaData, networkConfig } = seed(input);
    expect(userData).toMatch(/^#cloud-config\n/);
    expect(parse(userData)).toMatchObject({
      disable_root: false,
      ssh_authorized_keys: input.authorizedKeys,
      ssh_keys: { ed25519_private: input.hostKey.private, ed25519_public: input.hostKey.public.trim() },
    });
    expect(parse(metaData)).toEqual({ "instance-id": "lab-ha.1", "local-hostname": "server1" });
    expect(parse(networkConfig)).toEqual({
      version: 2,
      ethernets: {
        eth0: {
          match: { macaddress: "52:54:00:ab:cd:0e" },
          "set-name": "eth0",
          dhcp4: false,
          addresses: ["172.25.254.11/24"],
        },
      },
    });
  });

  it("tells cloud-init in a cloud image more: further interfaces, and what it must leave alone", () => {
    const further = [{ device: "eth1", mac: "52:54:00:FD:0A:0B" }];
    const { userData, metaData, networkConfig } = seed({ ...input, cloudInit: { further } });
    const keep = "[Network]\nKeepConfiguration=static\n";
    const directory = "/etc/systemd/network";
    expect(metaData).toBe(seed(input).metaData);
    expect(parse(userData)).toEqual({
      disable_root: false,
      users: ["root"],
      ssh_authorized_keys: input.authorizedKeys,
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: input.hostKey.private, ed25519_public: input.hostKey.public.trim() },
      manage_etc_hosts: false,
      locale: "C.UTF-8",
      apt: { preserve_sources_list: true },
      write_files: [
        { path: "/etc/hosts", content: "127.0.0.1 localhost\n127.0.1.1 server1\n" },
        { path: "/etc/apt/apt.conf.d/90lvs-lab", content: 'APT::Periodic::Enable "0";\n' },
        {
          path: "/etc/systemd/networkd.conf.d/lvs-lab.conf",
          content: "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n",
        },
        { path: `${directory}/10-netplan-eth0.network.d/lvs-lab.conf`, content: keep },
        { path: `${directory}/10-cloud-init-eth0.network.d/lvs-lab.conf`, content: keep },
        { path: `${directory}/10-netplan-eth1.network.d/lvs-lab.conf`, content: keep },
        { path: `${directory}/10-cloud-init-eth1.network.d/lvs-lab.conf`, content: keep },
      ],
      runcmd: [["passwd", "--delete", "root"]],
    });
    const { eth0 } = parse(seed(input).networkConfig).ethernets;
    expect(parse(networkConfig)).toEqual({
      version: 2,
      ethernets: {
        eth0: { ...eth0, "accept-ra": false },
        eth1: {
          match: { macaddress: "52:54:00:fd:0a:0b" },
          "set-name": "eth1",
          dhcp4: false,
          "accept-ra": false,
          optional: true,
        },
      },
    });
    expect(() => seed({ ...input, cloudInit: { further: [{ device: "eth1", mac: "a" }] } })).toThrow(
      "This MAC address",
    );
  });

  it.each([
    ["host name", { hostname: "server_1" }],
    ["address", { address: "172.25.254.11" }],
    ["public key", { authorizedKeys: ["ssh-ed25519 AAAA\nssh_keys:"] }],
    ["private host key", { hostKey: { private: "-----BEGIN RSA PRIVATE KEY-----", public: "ssh-ed25519 A" } }],
    ["instance id", { instanceId: "" }],
  ])("refuses a %s that would not fit on its line", (what, change) => {
    expect(() => seed({ ...input, ...change })).toThrow(`This ${what} cannot be written`);
  });
});

describe("the initramfs, reading a seed", () => {
  let directory: string;
  const root = () => join(directory, "root");

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "lvs-lab-seed-"));
    for (const path of ["etc/ssh", "var/lib", "root"]) mkdirSync(join(root(), path), { recursive: true });
    write(input);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (values: typeof input) => {
    const { userData, metaData, networkConfig } = seed(values);
    writeFileSync(join(directory, "user-data"), userData);
    writeFileSync(join(directory, "meta-data"), metaData);
    writeFileSync(join(directory, "network-config"), networkConfig);
  };
  /** Sources the initramfs's own functions and runs one of them. */
  const call = (...command: string[]) => {
    const script = `. "$0"; "$@"`;
    const library = join(guestDirectory, "initramfs/seed.sh");
    return execFileSync("sh", ["-euc", script, library, ...command], {
      env: { ...process.env, seed: directory },
    }).toString();
  };
  const made = (path: string) => readFileSync(join(root(), path), "utf8");

  it.each([
    ["seed_instance_id", "lab-ha.1\n"],
    ["seed_hostname", "server1\n"],
    ["seed_address", "172.25.254.11/24\n"],
    ["seed_authorized_keys", `${input.authorizedKeys.join("\n")}\n`],
    ["seed_host_key", input.hostKey.private],
    ["seed_host_key_public", input.hostKey.public],
  ])("%s prints the value as it was given", (name, value) => {
    expect(call(name)).toBe(value);
  });

  it("writes the guest's identity, secrets for root alone", () => {
    writeFileSync(join(root(), "etc/ssh/ssh_host_rsa_key"), "of another guest");
    call("seed_apply", root());
    expect(made("etc/hostname")).toBe("server1\n");
    expect(made("etc/hosts")).toBe("127.0.0.1 localhost\n127.0.1.1 server1\n");
    expect(made("etc/machine-id")).toMatch(/^[0-9a-f]{32}\n$/);
    expect(made("etc/lab-address")).toBe("172.25.254.11/24\n");
    expect(made("root/.ssh/authorized_keys")).toBe(`${input.authorizedKeys.join("\n")}\n`);
    expect(made("etc/ssh/ssh_host_ed25519_key")).toBe(input.hostKey.private);
    expect(statSync(join(root(), "etc/ssh/ssh_host_ed25519_key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(root(), "root/.ssh")).mode & 0o777).toBe(0o700);
    expect(() => made("etc/ssh/ssh_host_rsa_key")).toThrow("ENOENT");
  });

  it("leaves the guest alone until the instance id changes", () => {
    call("seed_apply", root());
    const machine = made("etc/machine-id");
    writeFileSync(join(root(), "etc/hosts"), "written by a role\n");
    call("seed_apply", root());
    expect(made("etc/hosts")).toBe("written by a role\n");
    write({ ...input, instanceId: "lab-ha.2", hostname: "server9" });
    call("seed_apply", root());
    expect(made("etc/hostname")).toBe("server9\n");
    expect(made("etc/machine-id")).not.toBe(machine);
  });
});

describe("the instance id of a seed", () => {
  const { instanceId: _, ...contents } = input;
  const idOf = (change: Partial<typeof contents>) =>
    /^instance-id: (.*)$/m.exec(seedOf("ha-server1", { ...contents, ...change }).metaData)?.[1];

  it("is the same for the same contents", () => {
    expect(idOf({})).toMatch(/^ha-server1-[0-9a-f]{12}$/);
    expect(idOf({})).toBe(idOf({}));
  });

  it.each([{ address: "172.25.254.99/24" }, { mac: "52:54:00:FE:FE:99" }, { authorizedKeys: ["ssh-ed25519 BBBB"] }])(
    "is another one with %o, so that the guest applies it",
    (change) => {
      expect(idOf(change)).not.toBe(idOf({}));
    },
  );
});
