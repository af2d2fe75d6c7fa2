import { goalOf, type Lab, realServers } from "../../lab/lab.ts";
import { type ListedService, parseIpvsList } from "../../provision/roles/ipvs-table.ts";
import type { Check } from "./check.ts";
import { keepalivedRuns, names } from "./subjects.ts";

export const directorTable: Check = {
  id: "director-table",
  title: "The IPVS table holds the one virtual service with every real server",
  role: "director",
  proves:
    "The kernel knows what to do with a packet for the VIP: which service it is for, which real servers may have it, by which scheduler, " +
    "and that it goes to them by direct routing. Without the table the director answers for itself.",
  stages: ["dr", "ha"],
  settles: 15, // keepalived puts a real server in once its first health check has passed
  subjects: names.directors,
  expected: (lab) => `${serviceOf(lab)} -> ${realsOf(lab).join(", ")}`,
  byHand: () => ["ipvsadm -ln"],
  hint: (lab) => {
    const { vip, port, scheduler, persistenceTimeout } = lab.service;
    if (goalOf(lab) === "ha")
      return (
        `keepalived makes the table from its virtual_server ${vip} ${port} { … }, with one real_server in it for each of ` +
        `${realServers(lab)
          .map(({ address }) => address)
          .join(", ")}. One that is missing has failed its TCP_CHECK: ` +
        "`curl` it from the director, and read `journalctl -u keepalived`."
      );
    const service = `${vip}:${port}`;
    const persistent = persistenceTimeout ? ` -p ${persistenceTimeout}` : "";
    return (
      `\`ipvsadm -A -t ${service} -s ${scheduler}${persistent}\`, then for each real server \`ipvsadm -a -t ${service} -r ADDRESS:${port} -g\` ` +
      "(-g is direct routing; `-w N` sets a weight). `ipvsadm -E` and `-e` change what is there, `ipvsadm -C` empties the table."
    );
  },
  async look(view, subject) {
    const { output } = await view.on(subject)`ipvsadm -ln`;
    const table = parseIpvsList(output);
    const services = table.map(serviceInWords);
    const reals = table.flatMap(({ destinations }) =>
      Object.entries(destinations).map(([address, { forwarding, weight }]) => `${address} ${forwarding} ${weight}`),
    );
    const { lab } = view;
    return {
      passed: services.join() === serviceOf(lab) && reals.sort().join() === realsOf(lab).sort().join(),
      seen: services.length === 0 ? "no virtual service" : `${services.join("; ")} -> ${reals.join(", ")}`,
      started: services.length > 0 || (goalOf(lab) === "ha" && (await keepalivedRuns(view, subject))),
      ...(reals.some((real) => !real.includes(" Route "))
        ? {
            hint: "A real server is not reached by direct routing: `ipvsadm -e … -g`, or `lb_kind DR` in keepalived.conf.",
          }
        : {}),
    };
  },
};

const serviceOf = ({ service: { vip, port, ...options } }: Lab): string =>
  serviceInWords({ key: `-t ${vip}:${port}`, ...options });

const protocols: Readonly<Record<string, string>> = { "-t": "TCP", "-u": "UDP", "-f": "FWM" };

/** A virtual service in the words of `ipvsadm -ln`. */
function serviceInWords({ key, scheduler, persistenceTimeout }: Omit<ListedService, "destinations">): string {
  const [option = "", address] = key.split(" ");
  return `${protocols[option]} ${address} ${scheduler}${persistenceTimeout ? ` persistent ${persistenceTimeout}` : ""}`;
}

const realsOf = (lab: Lab): string[] =>
  realServers(lab).map(({ address, weight }) => `${address}:${lab.service.port} Route ${weight}`);
