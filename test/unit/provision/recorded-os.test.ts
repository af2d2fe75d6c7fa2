import { expect, it } from "vitest";
import { LabProvider } from "../../../provision/provider.ts";
import type { ResourceDefinition } from "../../../provision/resource.ts";
import { resources } from "../../../provision/resources.ts";
import { secret } from "../../../provision/values.ts";

// What is watched is looked at too, which needs a lab host.
const provider = new LabProvider(resources.map((definition): ResourceDefinition => ({ ...definition, watch: false })));
const urn = (type: string) => `urn:pulumi:ha::lvs-lab::lvs:index:${type}::one`;
const host = { kind: "private", directory: "/lab" };
const server = {
  host,
  name: "server1",
  address: "172.25.254.11",
  hostKey: "ssh-ed25519 AAAA",
  privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
  instance: "1",
  acceleration: "qemu",
};

/** Inputs as they are now, and the state as versions recorded it whose servers were all `debian`. */
const labs: [string, Record<string, unknown>, Record<string, unknown>][] = [
  [
    "GuestImage",
    { os: "debian-12", packages: "baked", key: "5d2170f4b2f3c225" },
    { packages: "baked", key: "5d2170f4b2f3c225", disk: "/disk", acceleration: "qemu" },
  ],
  [
    "LabHost",
    { host, packages: { "debian-12": "/images/5d2170f4b2f3c225/pool" } },
    { host, running: true, packages: "/images/5d2170f4b2f3c225/pool", generation: "1-2", uri: "qemu:///" },
  ],
  ...[{ ...server, os: "debian" }, server].map((old): (typeof labs)[number] => [
    "Packages",
    { server: secret({ ...server, os: "debian-12" }), names: ["apache2"] },
    { server: secret(old), names: ["apache2"] },
  ]),
];

it.each(labs)("%s of a lab that an earlier version brought up has nothing to change", async (type, inputs, state) => {
  const checked = await provider.check(urn(type), state, inputs);
  expect(checked.failures).toBeUndefined();
  expect(await provider.diff("id", urn(type), state, checked.inputs)).toMatchObject({ changes: false });
});

it("a server that gets another operating system is another one to its roles", async () => {
  const news = { server: secret({ ...server, os: "debian-13", instance: "2" }), names: ["apache2"] };
  const { inputs } = await provider.check(urn("Packages"), {}, news);
  const state = { server: secret({ ...server, os: "debian" }), names: ["apache2"] };
  expect(await provider.diff("id", urn("Packages"), state, inputs)).toMatchObject({ changes: true });
});
