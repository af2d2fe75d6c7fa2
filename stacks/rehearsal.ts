import { isAbsolute, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { FileError, formatFileError, type Lab, ofFamily, withPrefix } from "../lab/index.ts";
import { classes, roleClasses, roles } from "../provision/index.ts";
import { projectRoot } from "../provision/paths.ts";
import {
  accountsOf,
  directorOf,
  FolderError,
  filesOf,
  labOfPlan,
  type Next,
  nextOf,
  type Plan,
  plannedFilesOf,
  readFolder,
  readPlan,
  serverNameOf,
  standInsOf,
} from "../rehearse/index.ts";
import { makeFoundation, outputsOf, refusal } from "./foundation.ts";
import { makeServer } from "./server.ts";

const { OwnKeepalived, OwnServices, StandIn } = classes;

/**
 * The rehearsal of a folder's configurations: its directors with their files as they are, and stand-ins for what they talk to.
 * @param to a folder whose files are to replace these: what they talk to is there, too
 */
export async function rehearsal(stack: string, given: string, to?: string): Promise<Record<string, unknown>> {
  const path = wholePath(given);
  const { folder, plan, next } = await read(path, to === undefined ? undefined : wholePath(to));
  const directors = folder.configurations.map(directorOf);
  const lab = labOfPlan(stack, plan, { folder, directors }, next);
  const foundation = await makeFoundation(stack, lab, { others: furtherClientAddresses(lab) });
  const { host, images, networks } = foundation;
  const image = images.get(plan.os);
  if (!image) throw new Error("there is no image");

  const standIns: pulumi.Resource[] = [];
  for (const { name, network, missing, ...wanted } of standInsOf(plan, { folder, directors }, next)) {
    for (const sentence of missing) await pulumi.log.warn(`${name}: ${sentence}`);
    standIns.push(
      new StandIn(
        name,
        { host: host.host, generation: host.generation, bridge: networks.on(network).bridge, name, ...wanted },
        { dependsOn: networks.on(network).segment, deletedWith: host },
      ),
    );
  }

  const servers = lab.servers.map((server) => {
    const planned = plan.directors.find(({ name }) => serverNameOf(name) === server.name);
    const configuration = folder.configurations.find(({ director }) => director === planned?.name);
    if (!planned || !configuration) throw new Error(`${server.name} has no configuration`);
    const made = makeServer({ ...foundation, lab, server, image, own: planned });
    const { files, services } = planned;
    const configured = [...directors, ...(next?.directors ?? [])].filter(({ name }) => name === planned.name);
    const { users, groups } = accountsOf(planned, folder, configured);
    const accounts = { users: [...users], groups: [...groups] };
    const firewallMarks = roles.firewallMarks.inputsOf(lab, server, []);
    // A health check that finds no answer yet takes a real server out until it looks again, which is a minute later by default.
    const options = { dependsOn: [made.ready, ...standIns], deletedWith: made.domain };
    // Before keepalived, whose scripts look for them.
    const beside = [
      ...(firewallMarks
        ? [
            new roleClasses.firewallMarks(
              `${server.name}-firewall-marks`,
              { server: made.reference, ...firewallMarks },
              options,
            ),
          ]
        : []),
      ...(Object.keys(files).length + services.length > 0
        ? [
            new OwnServices(
              `${server.name}-services`,
              {
                ...{ server: made.reference, services: [...services], ...accounts },
                files: pulumi.secret(plannedFilesOf(folder, planned)),
              },
              options,
            ),
          ]
        : []),
    ];
    new OwnKeepalived(
      `${server.name}-keepalived`,
      {
        server: made.reference,
        files: pulumi.secret(filesOf(folder, configuration)),
        ...accounts,
        configId: configuration.director,
      },
      { ...options, dependsOn: [...options.dependsOn, ...beside] },
    );
    return made;
  });
  return outputsOf(lab, foundation, servers, path);
}

/** The client's addresses beside the first one of each family: it asks for virtual addresses of every subnet of its network. */
const furtherClientAddresses = (lab: Lab): string[] =>
  lab.client.interfaces
    .flatMap(({ addresses }) => [...ofFamily(addresses, 4).slice(1), ...ofFamily(addresses, 6).slice(1)])
    .map((address) => withPrefix(lab, address));

const wholePath = (path: string): string => (isAbsolute(path) ? path : join(projectRoot, path));

interface Read {
  readonly folder: ReturnType<typeof readFolder>;
  readonly plan: Plan;
  /** The folder that is to replace it. */
  readonly next?: Next;
}

/** The folder and its plan. @throws RunError, of which Pulumi shows only the message */
async function read(path: string, to: string | undefined): Promise<Read> {
  try {
    const folder = readFolder(path);
    const plan = await readPlan(folder);
    if (to === undefined) return { folder, plan };
    const next = await nextOf(to, plan);
    return { folder, plan: next.plan, next };
  } catch (error) {
    if (error instanceof FileError) throw refusal(formatFileError(error));
    throw error instanceof FolderError ? refusal(error.message) : error;
  }
}
