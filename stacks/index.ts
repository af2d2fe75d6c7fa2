import * as pulumi from "@pulumi/pulumi";
import {
  addressOn,
  FileError,
  formatFileError,
  hostPort,
  type Lab,
  labFileOf,
  ofFamily,
  poolOf,
  readLab,
  serviceUrl,
  warningsOf,
  withPrefix,
} from "../lab/index.ts";
import { classes, IGNORE_MEMORY, type LabHostRef, LIVE_VERSION, labMemory, verdictOn } from "../provision/index.ts";
import { isStackName, labDirectory, stackNameRule } from "../provision/paths.ts";
import { makeImages } from "./images.ts";
import { makeNetworks } from "./network.ts";
import { giveRoles } from "./roles.ts";
import { makeServer } from "./server.ts";

const { Client, KeyPair, LabHost, Serving } = classes;

/** The lab, in the article's order: where it runs, what its servers are made from, their segment, the servers, their roles. */
export default async function lab(): Promise<Record<string, unknown>> {
  const stack = pulumi.getStack();
  if (!isStackName(stack))
    throw refusal(`"${stack}" is no valid stack name. ${stackNameRule}\nFix: pulumi stack rename NAME`);
  const lab = await labOf(stack);
  for (const warning of warningsOf(lab)) await pulumi.log.warn(`the lab ${lab.name}: ${warning}`);

  const place = hostOf(stack);
  const memory = verdictOn(labMemory(place, lab.servers), {
    preview: pulumi.runtime.isDryRun(),
    ignored: process.env[IGNORE_MEMORY] === "1",
  });
  if (memory.refusal) throw refusal(memory.refusal);
  if (memory.warning) await pulumi.log.warn(memory.warning);

  const images = await makeImages(lab);
  const [first] = images.values();
  if (!first) throw new Error("the lab has no server");
  const { acceleration } = first.image;
  const host = new LabHost("host", {
    host: place,
    packages: Object.fromEntries([...images.values()].map(({ os, image }) => [os, image.pool])),
  });
  const networks = makeNetworks(lab, host);
  const [front] = networks.all;
  if (!front) throw new Error("the lab has no network");
  const client = new Client(
    "client",
    {
      host: host.host,
      generation: host.generation,
      bridge: front.bridge,
      address: withPrefix(lab, addressOn(lab.client, front.name)),
      ...clientAddress6(lab),
    },
    { dependsOn: front.segment, deletedWith: host },
  );

  const access = new KeyPair("access", { comment: `lvs-lab-${stack}` });
  const servers = lab.servers.map((server) => {
    const image = images.get(server.os);
    if (!image) throw new Error(`${server.name} has no image`);
    return makeServer({ lab, server, image, host, networks, access });
  });
  const roles = giveRoles(lab, servers);

  // A manual lab serves nothing until the exercise is done.
  for (const [index, service] of lab.setup === "manual" ? [] : lab.services.entries())
    new Serving(
      index === 0 ? "serving" : `serving-${index + 1}`,
      {
        host: host.host,
        generation: host.generation,
        url: service.protocol === "udp" ? `udp://${hostPort(service.vip, service.port)}` : serviceUrl(service),
        realServers: poolOf(service).map(({ server }) => server),
        deadline: acceleration.apply((kind) => (kind === "kvm" ? 30 : 120)),
      },
      { dependsOn: [client, ...roles], deletedWith: host },
    );

  return {
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
    }),
  };
}

/** The client's IPv6 address, if it has one. */
function clientAddress6(lab: Lab): { address6?: string } {
  const [address] = lab.client.interfaces.flatMap(({ addresses }) => ofFamily(addresses, 6));
  return address === undefined ? {} : { address6: withPrefix(lab, address) };
}

/** The lab host, from the stack's configuration value `host`. @throws RunError for an unknown kind */
function hostOf(stack: string): LabHostRef {
  const kind = new pulumi.Config().get("host") ?? "private";
  if (kind !== "private")
    throw refusal(
      `the stack "${stack}" has the unknown lab host kind "${kind}"; the only kind is "private".\n` +
        `Fix: pulumi config set host private --stack ${stack}`,
    );
  return { kind, directory: labDirectory(stack) };
}

/** The stack's lab. @throws RunError, of which Pulumi shows only the message */
async function labOf(stack: string): Promise<Lab> {
  const file = labFileOf(stack, new pulumi.Config().get("lab"));
  if (file === undefined)
    throw refusal(
      `the stack "${stack}" has no lab file: its configuration names none, and labs/${stack}.yaml is missing.\n` +
        `Fix: pulumi config set lab FILE --stack ${stack}`,
    );
  return await readLab(file).catch((error) => {
    throw error instanceof FileError ? refusal(formatFileError(error)) : error;
  });
}

/** An error that ends the program. Without a stack trace: Pulumi would format it, which took 13 s of garbage collection. */
const refusal = (message: string): pulumi.RunError => Object.assign(new pulumi.RunError(message), { stack: "" });
