import * as pulumi from "@pulumi/pulumi";
import {
  FileError,
  formatFileError,
  hostPort,
  type Lab,
  labFileOf,
  poolOf,
  readLab,
  serviceUrl,
  warningsOf,
} from "../lab/index.ts";
import { classes } from "../provision/index.ts";
import { isStackName, stackNameRule } from "../provision/paths.ts";
import { makeFoundation, outputsOf, refusal } from "./foundation.ts";
import { giveRoles } from "./roles.ts";
import { makeServer } from "./server.ts";

const { Serving } = classes;

/** What a stack is: a lab, or the rehearsal of somebody's configurations. */
export default async function program(): Promise<Record<string, unknown>> {
  const stack = pulumi.getStack();
  if (!isStackName(stack))
    throw refusal(`"${stack}" is no valid stack name. ${stackNameRule}\nFix: pulumi stack rename NAME`);
  const config = new pulumi.Config();
  const folder = config.get("rehearsal");
  if (folder === undefined) return await lab(stack);
  const { rehearsal } = await import("./rehearsal.ts");
  return await rehearsal(stack, folder, config.get("rehearsalTo"));
}

/** The lab, in the article's order: where it runs, what its servers are made from, their segment, the servers, their roles. */
async function lab(stack: string): Promise<Record<string, unknown>> {
  const lab = await labOf(stack);
  for (const warning of warningsOf(lab)) await pulumi.log.warn(`the lab ${lab.name}: ${warning}`);

  const foundation = await makeFoundation(stack, lab);
  const { acceleration, client, host, images } = foundation;
  const servers = lab.servers.map((server) => {
    const image = images.get(server.os);
    if (!image) throw new Error(`${server.name} has no image`);
    return makeServer({ ...foundation, lab, server, image });
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

  return outputsOf(lab, foundation, servers);
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
