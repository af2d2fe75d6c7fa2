import * as pulumi from "@pulumi/pulumi";
import { labFileOf } from "../lab/files.ts";
import { FileError, formatFileError, type Lab, poolOf, readLab } from "../lab/lab.ts";
import {
  Client,
  GuestImage,
  IGNORE_MEMORY,
  imageKey,
  KeyPair,
  LabHost,
  labMemory,
  Serving,
  verdictOn,
} from "../provision/index.ts";
import { isStackName, labDirectory, stackNameRule } from "../provision/paths.ts";
import { makeNetwork } from "./network.ts";
import { giveRoles } from "./roles.ts";
import { makeServer } from "./server.ts";

/** The lab, in the article's order: where it runs, what its servers are made from, their segment, the servers, their roles. */
export default async function lab(): Promise<Record<string, unknown>> {
  const stack = pulumi.getStack();
  if (!isStackName(stack))
    throw refusal(`the stack cannot be called "${stack}". ${stackNameRule}\nFix: pulumi stack rename NAME`);
  const lab = await labOf(stack);

  const place = { kind: "private" as const, directory: labDirectory(stack) };
  const memory = verdictOn(labMemory(place, lab.servers), {
    preview: pulumi.runtime.isDryRun(),
    ignored: process.env[IGNORE_MEMORY] === "1",
  });
  if (memory.refusal) throw refusal(memory.refusal);
  if (memory.warning) await pulumi.log.warn(memory.warning);

  const image = new GuestImage("image", {
    packages: lab.image.packages,
    key: await imageKey({ packages: lab.image.packages }),
  });
  const host = new LabHost("host", {
    host: place,
    packages: image.pool,
  });
  const network = makeNetwork(lab, host);
  const client = new Client(
    "client",
    {
      host: host.host,
      generation: host.generation,
      bridge: network.bridge,
      address: `${lab.network.client}/${lab.network.prefixLength}`,
    },
    { dependsOn: network.segment, deletedWith: host },
  );

  const access = new KeyPair("access", { comment: `lvs-lab-${stack}` });
  const servers = lab.servers.map((server) => makeServer({ lab, server, image, host, network, access }));
  const roles = giveRoles(lab, servers);

  const { vip, port } = lab.service;
  // A bare lab serves nobody until the exercise is done.
  if (lab.stage !== "bare")
    new Serving(
      "serving",
      {
        host: host.host,
        generation: host.generation,
        url: `http://${vip}:${port}/`,
        realServers: poolOf(lab).map(({ name }) => name),
        deadline: image.acceleration.apply((acceleration) => (acceleration === "kvm" ? 30 : 120)),
      },
      { dependsOn: [client, ...roles], deletedWith: host },
    );

  return {
    libvirtUri: host.uri,
    acceleration: image.acceleration,
    vip,
    servers: Object.fromEntries(lab.servers.map(({ name, address }) => [name, address])),
    /** What `lvs-lab` works on: the lab, and how its servers are reached, which takes its private key. */
    live: pulumi.secret({
      lab,
      host: host.host,
      bridge: network.bridge,
      acceleration: image.acceleration,
      servers: servers.map(({ reference }) => reference),
    }),
  };
}

/** The stack's lab. @throws RunError, of which Pulumi shows the message alone */
async function labOf(stack: string): Promise<Lab> {
  const file = labFileOf(stack, new pulumi.Config().get("lab"));
  if (file === undefined)
    throw refusal(
      `the stack "${stack}" has no lab file: its configuration names none, and there is no labs/${stack}.yaml.\n` +
        `Fix: pulumi config set lab FILE --stack ${stack}`,
    );
  return await readLab(file).catch((error) => {
    throw error instanceof FileError ? refusal(formatFileError(error)) : error;
  });
}

/** An error that ends the program. Without a stack: Pulumi formats it into a trace that nobody reads, which took 13 s of garbage collection. */
const refusal = (message: string): pulumi.RunError => Object.assign(new pulumi.RunError(message), { stack: "" });
