import { forwardingMethods, hostPort, ipvsKeyOf, type Lab, type VirtualService } from "../../lab/index.ts";
import { type ListedService, parseIpvsList } from "../../provision/roles/ipvs-table.ts";
import type { Check } from "./check.ts";
import { eachDirector, everywhere, keepalivedRuns } from "./subjects.ts";

export const directorTable: Check = {
  id: "director-table",
  title: "The IPVS table holds the one virtual service with every real server",
  role: "director",
  proves:
    "The kernel knows what to do with a packet for the VIP: which service it is for, which real servers may have it, by which scheduler, " +
    "and that it goes to them by direct routing. Without the table the director answers for itself.",
  grading: { ipvsadm: { points: 3 }, keepalived: { points: 1, after: "vip-holder" } },
  appliesTo: everywhere,
  settles: 15, // keepalived adds a real server after its first successful health check
  subjects: eachDirector,
  expected: (lab) => inWords(lab.services.map(wantedInWords)),
  byHand: () => ["ipvsadm -ln"],
  hint: ({ control, services }) =>
    services.map((service) => (control === "keepalived" ? underKeepalived(service) : byIpvsadm(service))).join(" "),
  async look(view, { host }) {
    const { output } = await view.on(host)`ipvsadm -ln`;
    const table = parseIpvsList(output).map((one) => ({
      service: serviceInWords(one),
      reals: Object.entries(one.destinations).map(
        // Older kernels list what the director serves itself as Local.
        ([address, { forwarding, weight }]) => `${address} ${forwarding === "Local" ? "Route" : forwarding} ${weight}`,
      ),
    }));
    const { services, control } = view.lab;
    const methods = new Set<string>([
      "Local",
      ...services.map(({ forwarding }) => forwardingMethods[forwarding].listed),
    ]);
    const [wrong] = table.flatMap(({ reals }) => reals.filter((real) => !methods.has(real.split(" ")[1] ?? "")));
    return {
      passed: sorted(table) === sorted(services.map(wantedInWords)),
      seen: table.length === 0 ? "no virtual service" : inWords(table),
      started: table.length > 0 || (control === "keepalived" && (await keepalivedRuns(view, host))),
      ...(wrong === undefined ? {} : { hint: methodHint(services) }),
    };
  },
};

/** A virtual service and its real servers, as `ipvsadm -ln` prints them. */
interface InWords {
  readonly service: string;
  readonly reals: readonly string[];
}

const inWords = (table: readonly InWords[]): string =>
  table.map(({ service, reals }) => `${service} -> ${reals.join(", ")}`).join("; ");

/** In a fixed order: the order of services and of real servers does not matter. */
const sorted = (table: readonly InWords[]): string =>
  inWords(
    table
      .map(({ service, reals }) => ({ service, reals: reals.toSorted() }))
      .sort((one, other) => one.service.localeCompare(other.service)),
  );

const wantedInWords = (service: VirtualService): InWords => ({
  service: serviceInWords({ key: ipvsKeyOf(service), ...service }),
  reals: service.realServers.map(
    ({ address, port, weight }) =>
      `${hostPort(address, port)} ${forwardingMethods[service.forwarding].listed} ${weight}`,
  ),
});

const underKeepalived = ({ vip, port, realServers }: VirtualService): string =>
  `keepalived makes the table from its virtual_server ${vip} ${port} { … }, with one real_server in it for each of ` +
  `${realServers.map(({ address }) => address).join(", ")}. One that is missing has failed its TCP_CHECK: ` +
  "`curl` it from the director, and read `journalctl -u keepalived`.";

function byIpvsadm(wanted: VirtualService): string {
  const { port, scheduler, schedulerFlags, persistenceTimeout, forwarding } = wanted;
  const service = ipvsKeyOf(wanted);
  const persistent = persistenceTimeout ? ` -p ${persistenceTimeout}` : "";
  const flags = schedulerFlags ? ` -b ${schedulerFlags.join(",")}` : "";
  const { ipvsadm, title } = forwardingMethods[forwarding];
  return (
    `\`ipvsadm -A ${service} -s ${scheduler}${persistent}${flags}\`, then for each real server \`ipvsadm -a ${service} -r ADDRESS:${port} ${ipvsadm}\` ` +
    `(${ipvsadm} is ${title}; \`-w N\` sets a weight). \`ipvsadm -E\` and \`-e\` change entries, \`ipvsadm -C\` empties the table.`
  );
}

function methodHint([service]: Lab["services"]): string {
  const { ipvsadm, lbKind, title } = forwardingMethods[service?.forwarding ?? "dr"];
  return `A real server is not reached by ${title}: \`ipvsadm -e … ${ipvsadm}\`, or \`lb_kind ${lbKind}\` in keepalived.conf.`;
}

const protocols: Readonly<Record<string, string>> = { "-t": "TCP", "-u": "UDP", "-f": "FWM" };

/** A virtual service as `ipvsadm -ln` prints it. */
function serviceInWords(service: Omit<ListedService, "destinations">): string {
  const { key, scheduler, schedulerFlags, persistenceTimeout } = service;
  const [option = "", address] = key.split(" ");
  const flags = schedulerFlags ? ` (${schedulerFlags.join(",")})` : "";
  return `${protocols[option]} ${address} ${scheduler}${flags}${persistenceTimeout ? ` persistent ${persistenceTimeout}` : ""}`;
}
