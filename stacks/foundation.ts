import * as pulumi from "@pulumi/pulumi";
import { addressOn, type Lab, ofFamily, withPrefix } from "../lab/index.ts";
import {
  bridgeOf,
  clashingCards,
  classes,
  hostOfKind,
  IGNORE_MEMORY,
  type LabHostRef,
  LIVE_VERSION,
  labMemory,
  verdictOn,
} from "../provision/index.ts";
import { labDirectory } from "../provision/paths.ts";
import { type MadeImage, makeImages } from "./images.ts";
import { type LabNetworks, makeNetworks } from "./network.ts";
import type { MadeServer } from "./server.ts";

const { Client, KeyPair, LabHost } = classes;

/** What there is before the first server: the lab host with its images, its networks, and the client. */
export interface Foundation {
  /** Where the lab runs. */
  readonly place: LabHostRef;
  readonly acceleration: InstanceType<typeof classes.GuestImage>["acceleration"];
  readonly images: ReadonlyMap<string, MadeImage>;
  readonly host: InstanceType<typeof LabHost>;
  readonly networks: LabNetworks;
  readonly client: InstanceType<typeof Client>;
  /** The key by which servers are reached. */
  readonly access: InstanceType<typeof KeyPair>;
}

/**
 * Makes the foundation of a lab. `others`: addresses of the client beside its first one of each family, with prefix lengths.
 * @throws RunError if the machine has not enough memory for its servers, or the lab host is of an unknown kind
 */
export async function makeFoundation(
  stack: string,
  lab: Lab,
  { others = [] }: { others?: readonly string[] } = {},
): Promise<Foundation> {
  const place = await hostOf(stack, lab);
  const memory = verdictOn(await labMemory(place, lab.servers), {
    preview: pulumi.runtime.isDryRun(),
    ignored: process.env[IGNORE_MEMORY] === "1",
  });
  if (memory.refusal) throw refusal(memory.refusal);
  if (memory.warning) await pulumi.log.warn(memory.warning);

  const images = await makeImages(lab, place);
  const [first] = images.values();
  if (!first) throw new Error("the lab has no server");
  const { acceleration } = first.image;
  const host = new LabHost("host", {
    host: place,
    packages: Object.fromEntries([...images.values()].map(({ os, image }) => [os, image.pool])),
    ...(place.kind === "system" ? { cables: cablesOf(lab) } : {}),
  });
  const networks = makeNetworks(lab, host, place);
  const [home] = lab.client.interfaces;
  if (!home) throw new Error("the client has no interface");
  const { bridge, segment } = networks.on(home.network);
  const client = new Client(
    "client",
    {
      host: host.host,
      generation: host.generation,
      bridge,
      address: withPrefix(lab, addressOn(lab.client, home.network)),
      ...clientAddress6(lab),
      ...(others.length > 0 ? { others: [...others] } : {}),
    },
    { dependsOn: segment, deletedWith: host },
  );
  const access = new KeyPair("access", { comment: `lvs-lab-${stack}` });
  return { place, acceleration, images, host, networks, client, access };
}

/** The outputs of a stack, of which `live` is what `lvs-lab` reads. `rehearsal`: the folder whose configurations it has, if it is no lab of ours. */
export const outputsOf = (
  lab: Lab,
  { host, networks, acceleration }: Foundation,
  servers: readonly Pick<MadeServer, "reference">[],
  rehearsal?: string,
) => ({
  libvirtUri: host.uri,
  acceleration,
  vip: lab.virtualAddresses[0]?.address,
  servers: Object.fromEntries(lab.servers.map(({ name, management }) => [name, management])),
  /** Input of `lvs-lab`: the lab, and how to reach its servers, which includes the private key. */
  live: pulumi.secret({
    version: LIVE_VERSION,
    lab,
    host: host.host,
    bridges: Object.fromEntries(networks.all.map(({ name, bridge }) => [name, bridge])),
    acceleration,
    servers: servers.map(({ reference }) => reference),
    ...(rehearsal === undefined ? {} : { rehearsal }),
  }),
});

/** The client's IPv6 address, if it has one. */
function clientAddress6(lab: Lab): { address6?: string } {
  const [address] = lab.client.interfaces.flatMap(({ addresses }) => ofFamily(addresses, 6));
  return address === undefined ? {} : { address6: withPrefix(lab, address) };
}

/** The lab host, from the stack's configuration value `host`. @throws RunError for an unknown kind, or a machine that cannot be used */
async function hostOf(stack: string, { servers }: Lab): Promise<LabHostRef> {
  const kind = new pulumi.Config().get("host") ?? "private";
  const names = servers.map(({ name }) => name);
  return await hostOfKind(kind, { stack, directory: labDirectory(stack), servers: names }).catch((error: Error) => {
    throw refusal(error.message);
  });
}

/** Each server's cards with their bridges. @throws RunError if two cards would have the same cable */
function cablesOf(lab: Lab): { mac: string; bridge: string }[] {
  const cables = lab.servers.flatMap(({ interfaces }) =>
    interfaces.map(({ network, mac }) => ({
      mac,
      bridge: bridgeOf(lab.networks.findIndex(({ name }) => name === network)),
    })),
  );
  const clashing = clashingCards(cables.map(({ mac }) => mac));
  if (clashing)
    throw refusal(
      `the MAC addresses ${clashing.join(" and ")} are too much alike for the machine's libvirt, where the last three bytes tell apart a lab's cards.\n` +
        "Fix: leave out `mac:` in the lab file, or write other ones",
    );
  return cables;
}

/** An error that ends the program. Without a stack trace: Pulumi would format it, which took 13 s of garbage collection. */
export const refusal = (message: string): pulumi.RunError => Object.assign(new pulumi.RunError(message), { stack: "" });
