import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { contentsOf } from "../../../bench/contenders/contents.ts";
import { readLab, serverNamed } from "../../../lab/index.ts";
import { withoutPasswords } from "../../../provision/roles/keepalived-conf.ts";

describe("what every contender puts on a server of the lab `ha`", async () => {
  const lab = await readLab("labs/ha.yaml");
  const contents = (name: string) =>
    contentsOf(lab, serverNamed(lab, name), { peerKeys: new Map(), hostKeys: new Map([["server1", "ssh-ed25519 A"]]) });
  const recorded = (file: string) => readFile(`test/programs/stacks/recorded/ha/${file}`, "utf8");

  it.each(["server1", "server4"])("is the recorded keepalived.conf on %s", async (name) => {
    const { config, passwords } = withoutPasswords(contents(name).keepalivedConf);
    expect(config).toBe(await recorded(`${name}.keepalived.conf`));
    expect(passwords).toEqual(["1111"]);
    expect(contents(name).knownHosts).toEqual(["server1,172.25.254.11 ssh-ed25519 A", "server4,172.25.254.14 "]);
  });

  it.each(["server2", "server3"])("is the recorded unit and the page on %s", async (name) => {
    expect(contents(name).unit).toBe(await recorded(`${name}.lvs-real-server.service`));
    expect(contents(name).page).toBe(`${name}\n`);
  });
});
