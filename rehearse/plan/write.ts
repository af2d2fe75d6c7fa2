import type { Inferred } from "./plan.ts";

/** A plan as the text of `rehearsal.yaml`, in which comments tell what was assumed and what is missing. */
export function planText({ plan, assumed, missing }: Inferred): string {
  const { os, networks, directors, client, services, standIns } = plan;
  const notes = (part: string, indent: string) => [
    ...(assumed.get(part) ?? []).map((sentence) => `${indent}# Assumed: ${sentence}.`),
    ...(missing.get(part) ?? []).map((sentence) => `${indent}# Missing: ${sentence}.`),
  ];
  const map = (entries: Readonly<Record<string, string>>) =>
    `{ ${Object.entries(entries)
      .map(([key, value]) => `${quoted(key)}: ${quoted(value)}`)
      .join(", ")} }`;
  const list = (items: readonly string[]) => `[${items.map(quoted).join(", ")}]`;
  return [
    "# What is around the configurations of this folder, written by `lvs-lab rehearse init`. Check what was assumed.",
    `os: ${os}`,
    "networks:",
    ...networks.flatMap(({ name, subnets }) => [
      ...notes(name, "  "),
      `  - name: ${name}`,
      `    subnets: ${list(subnets)}`,
    ]),
    "directors:",
    ...directors.flatMap(({ name, packages, files, services: units, users, sysctls, interfaces }) => [
      ...notes(name, "  "),
      `  - name: ${quoted(name)}`,
      ...(packages.length > 0 ? [`    packages: ${list(packages)}`] : []),
      ...(Object.keys(files).length > 0
        ? ["    files:", ...Object.entries(files).map(([path, file]) => `      ${quoted(path)}: ${quoted(file)}`)]
        : []),
      ...(units.length > 0 ? [`    services: ${list(units)}`] : []),
      ...(users ? [`    users: ${list(users)}`] : []),
      ...(Object.keys(sysctls).length > 0
        ? [
            `    sysctls: { ${Object.entries(sysctls)
              .map(([key, value]) => `${key}: "${value}"`)
              .join(", ")} }`,
          ]
        : []),
      "    interfaces:",
      ...interfaces.flatMap(({ device, network, addresses }) => [
        `      - device: ${quoted(device)}`,
        `        network: ${network}`,
        `        addresses: ${list(addresses)}`,
      ]),
    ]),
    ...notes("client", ""),
    "client:",
    `  network: ${client.network}`,
    `  addresses: ${list(client.addresses)}`,
    ...(services.length > 0
      ? ["# What clients ask for by HTTP, of which no virtual server has address and port.", "services:"]
      : []),
    ...services.map(({ address, port, tls, firewallMark: mark }) => {
      const more = [...(tls ? ["tls: true"] : []), ...(mark === undefined ? [] : [`firewallMark: ${mark}`])];
      return `  - { ${[`address: ${quoted(address)}`, `port: ${port}`, ...more].join(", ")} }`;
    }),
    ...(standIns.length > 0
      ? ["# Hosts that are only talked to. They are no VMs, and say who they are.", "standIns:"]
      : []),
    ...standIns.flatMap(({ name, network, addresses, gateways, pages }) => [
      ...notes(name, "  "),
      `  - name: ${name}`,
      `    network: ${network}`,
      `    addresses: ${list(addresses)}`,
      ...(gateways.length > 0 ? [`    gateways: ${list(gateways)}`] : []),
      ...(Object.keys(pages).length > 0 ? [`    pages: ${map(pages)}`] : []),
    ]),
    "",
  ].join("\n");
}

/** A word that YAML could take for something else in double quotes. */
const quoted = (text: string): string =>
  (/^[a-z/][\w./-]*$/i.test(text) && !/^(?:true|false|null)$/i.test(text)) || /^\d+(\.\d+){3}(\/\d+)?$/.test(text)
    ? text
    : JSON.stringify(text);
