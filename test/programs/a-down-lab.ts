import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readLab } from "../../lab/index.ts";
import { bridgeOf } from "../../provision/host/bridge.ts";
import { LIVE_VERSION } from "../../provision/live.ts";

/**
 * Writes a stack into a state directory whose lab was brought up and whose lab host has gone since: every command finds the lab, and
 * nothing in it. It is the form of Pulumi's state, apitype.VersionedCheckpoint.
 * @returns the lab's directory, which is not made
 */
export async function writeDownLab(
  state: string,
  stack: string,
  labFile: string,
  {
    hostKey = "ssh-ed25519 AAAA",
    privateKey = "none",
    rehearsal,
  }: { hostKey?: string; privateKey?: string; rehearsal?: string } = {},
): Promise<string> {
  const lab = await readLab(labFile);
  const host = { kind: "private", directory: join(state, "labs", stack) };
  const servers = lab.servers.map(({ name, os, management }) => ({
    host,
    name,
    os,
    address: management,
    hostKey,
    privateKey,
    instance: "1",
    acceleration: "kvm",
  }));
  const root = {
    urn: `urn:pulumi:${stack}::lvs-lab::pulumi:pulumi:Stack::lvs-lab-${stack}`,
    custom: false,
    type: "pulumi:pulumi:Stack",
    outputs: {
      live: {
        ...{ version: LIVE_VERSION, lab, host, bridges: { segment: bridgeOf(0) }, acceleration: "kvm", servers },
        ...(rehearsal === undefined ? {} : { rehearsal }),
      },
    },
  };
  const latest = { manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" }, resources: [root] };
  const directory = join(state, "pulumi/.pulumi/stacks/lvs-lab");
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, `${stack}.json`),
    JSON.stringify({ version: 3, checkpoint: { stack: `organization/lvs-lab/${stack}`, latest } }),
  );
  return host.directory;
}
