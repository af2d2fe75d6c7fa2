import type { Command } from "commander";
import { type LabStatus, labStatus } from "../../verify/live/status.ts";
import { holdersInWords } from "../../verify/live/vip-holders.ts";
import { inColumns } from "../../verify/report/columns.ts";
import { liveLab } from "../live-lab.ts";
import { type JsonOptions, jsonOption, stackOption } from "../options.ts";

export const status = (program: Command): void => {
  program
    .command("status")
    .description("show the servers, the holder of the VIP, the IPVS tables and the services' health")
    .addOption(stackOption())
    .addOption(jsonOption())
    .action(async ({ stack, json }: JsonOptions) => {
      const found = await labStatus(await liveLab(stack));
      console.log(json ? JSON.stringify(found, null, 2) : formatStatus(found));
    });
};

export function formatStatus(status: LabStatus): string {
  const { virtualAddresses, servers } = status;
  const rows = servers.map(({ name, role, domain, reachable, addresses, services, vrrp }) => [
    name,
    role,
    domain === "running" && !reachable ? "running, no SSH" : domain,
    addresses.join(" "),
    statesInWords(vrrp),
    Object.entries(services)
      .map(([service, state]) => `${service} ${state}`)
      .join(", "),
  ]);
  const table = [["server", "role", "state", "addresses", "vrrp", "services"], ...rows];
  const ipvs = servers.flatMap(({ name, ipvs = [] }) =>
    ipvs.flatMap(({ key, scheduler, schedulerFlags = [], destinations }) => [
      `IPVS on ${name}: ${[key.replace("-t ", "TCP ").replace("-u ", "UDP "), scheduler, ...schedulerFlags].join(" ")}`,
      ...Object.entries(destinations).map(
        ([address, { forwarding, weight }]) =>
          `  -> ${address} ${forwarding} weight ${weight}${weight === 0 ? ": no new connections" : ""}`,
      ),
    ]),
  );
  const unasked = servers.flatMap((one) => (one.role === "director" && !one.reachable ? [one.name] : []));
  return [
    whatItIs(status),
    ...virtualAddresses.map(
      ({ address, holders, arpOwner }) =>
        `VIP ${address}: held by ${holdersInWords({ holders, unasked })}` +
        (arpOwner === undefined ? "" : `; the client's ARP entry names ${arpOwner ?? "nobody"}`),
    ),
    "",
    ...inColumns(table),
    "",
    ...ipvs,
  ].join("\n");
}

/** The lab in a line, or the rehearsal. */
function whatItIs({ lab, setup, control, rehearsal }: LabStatus): string {
  if (rehearsal !== undefined) return `rehearsal of ${rehearsal}, its own files in control`;
  return `lab ${lab}, ${setup === "manual" ? `set up by hand, ${control} planned` : control} in control`;
}

/** VRRP states by instance: the state alone if there is one instance. */
function statesInWords(states: Readonly<Record<string, string>> = {}): string {
  const all = Object.entries(states);
  return all.map(([instance, state]) => (all.length === 1 ? state : `${instance} ${state}`)).join(", ");
}
