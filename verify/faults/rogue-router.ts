import { join } from "node:path";
import { z } from "zod";
import {
  advertisedBy,
  advertSourceOf,
  type Family,
  familyOf,
  familyOfInstance,
  type Ip,
  instancesOnNetwork,
  type Lab,
  lastHost,
  networkNamed,
  type VrrpInstance,
  withPrefix,
} from "../../lab/index.ts";
import { runOnHost, tryOnHost } from "../../provision/host/command.ts";
import { vrrpInstance } from "../../provision/roles/keepalived-vrrp.ts";
import { until } from "../../provision/until.ts";
import { LabError } from "../live/lab-error.ts";
import { labHost } from "../live/live-lab.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";

/** The name of the attached host on the lab host. */
const ROGUE = "rogue";

export const rogueRouter = defineFault({
  id: "rogue-router",
  title: "put a rogue VRRP router on the",
  explains:
    "An unknown host runs keepalived for the same virtual router. With a higher priority and the password it becomes master, and the VIP leads nowhere. With a wrong password the directors ignore it and it ignores them: it takes the VIP beside them, and its gratuitous ARPs take the clients away.",
  parameters: z.strictObject({
    priority: z.int().min(1).max(254).default(200).describe("VRRP's, of the rogue"),
    password: z.string().min(1).max(8).optional().describe("of VRRP; without it the rogue has the lab's"),
  }),
  targets: targets.networks,
  byHand: {
    inject: "keepalived with the lab's virtual_router_id on another host of the segment",
    heal: "stop it",
  },
  async inject(site, { priority, password }) {
    const { lab, live } = site.view;
    const instances = instancesOnNetwork(lab, site.server);
    if (password !== undefined && instances.some(({ version }) => version === 3))
      throw new LabError("VRRP version 3 has no passwords: leave `password` out, or take a lab of version 2", "misuse");
    const place = labHost(live);
    const source = freeAddress(site);
    await stop(site);
    const source6 = hasIpv6(site) ? freeAddress(site, 6) : undefined;
    await place.attach(ROGUE, {
      bridge: live.bridges[site.server] ?? "",
      address: withPrefix(lab, source),
      ...(source6 ? { address6: withPrefix(lab, source6) } : {}),
    });
    const files = filesOf(site);
    await place.files.write(
      files.config,
      configuration(instances, { lab, sources: { 4: source, 6: source6 ?? source }, priority, password }),
    );
    const options = ["--use-file", files.config, "--pid", files.pid, "--vrrp_pid", files.vrrpPid];
    await runOnHost(place, ROGUE, ["keepalived", "--vrrp", ...options]);
    await until(
      async () => {
        if (!(await runs(site))) throw new Error("it has not come up");
      },
      { seconds: 10, everyMs: 100, failed: (last) => new LabError(`the rogue router: ${(last as Error).message}`) },
    );
  },
  async heal(site) {
    await stop(site);
    await labHost(site.view.live).detach(ROGUE);
  },
  async present(site) {
    const there = await runs(site);
    return { there, seen: there ? `keepalived runs on ${freeAddress(site)}` : "no keepalived runs there" };
  },
});

const filesOf = ({ view }: FaultSite) => {
  const directory = join(labHost(view.live).files.place, ROGUE);
  return {
    directory,
    config: join(directory, "keepalived.conf"),
    pid: join(directory, "keepalived.pid"),
    vrrpPid: join(directory, "vrrp.pid"),
  };
};

/** Whether the rogue's keepalived runs. */
async function runs(site: FaultSite): Promise<boolean> {
  const { status } = await inside(site, [
    "sh",
    "-c",
    'kill -0 "$(cat "$1")" && test -e "$2"',
    "sh",
    filesOf(site).pid,
    filesOf(site).vrrpPid,
  ]);
  return status === 0;
}

/** Stops it and waits for its end: keepalived then removes its PID file. */
async function stop(site: FaultSite): Promise<void> {
  const { pid, directory } = filesOf(site);
  if (!(await runs(site))) return;
  await inside(site, [
    "sh",
    "-c",
    'kill "$(cat "$1")"; for try in $(seq 100); do [ -e "$1" ] || exit 0; sleep 0.1; done; exit 1',
    "sh",
    pid,
  ]);
  await labHost(site.view.live).files.remove(directory);
}

const inside = (site: FaultSite, command: readonly string[]) => tryOnHost(labHost(site.view.live), ROGUE, command);

const hasIpv6 = ({ view: { lab }, server: network }: FaultSite): boolean =>
  networkNamed(lab, network).subnets.some((subnet) => familyOf(subnet) === 6);

/** The highest free address of the network. */
function freeAddress({ view: { lab }, server: network }: FaultSite, family: Family = 4): Ip {
  const { subnets, hostAddresses } = networkNamed(lab, network);
  const subnet = subnets.find((one) => familyOf(one) === family);
  const taken = new Set<Ip>([
    ...hostAddresses,
    ...lab.virtualAddresses.map(({ address }) => address),
    ...[lab.client, ...lab.servers].flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses)),
  ]);
  // One more than are taken: the one that is looked for is among them.
  for (let before = 0; subnet && before <= taken.size; before++) {
    const address = lastHost(subnet, before);
    if (!taken.has(address)) return address;
  }
  throw new LabError(`${subnet} has no address left for a rogue router`);
}

const configuration = (
  instances: readonly VrrpInstance[],
  {
    lab,
    sources,
    priority,
    password,
  }: {
    lab: Lab;
    sources: Readonly<Record<Family, Ip>>;
    priority: number;
    password: string | undefined;
  },
): string => `global_defs {
    router_id ROGUE
    vrrp_skip_check_adv_addr
}
${instances
  .map((instance, index) => {
    const { id, version, advertInterval, members, unicast } = instance;
    const source = sources[familyOfInstance(instance)];
    return vrrpInstance({
      ...{ id, version, addresses: advertisedBy(instance), advertInterval },
      name: index === 0 ? "ROGUE" : `ROGUE_${index + 1}`,
      interface: "eth0",
      state: "BACKUP",
      preempt: true,
      priority,
      ...(instance.password === undefined ? {} : { password: password ?? instance.password }),
      // Directors that advertise to each other alone do not hear a multicast.
      ...(unicast
        ? { unicast: { source, peers: members.map(({ server }) => advertSourceOf(lab, instance, server)) } }
        : {}),
    });
  })
  .join("")}`;
