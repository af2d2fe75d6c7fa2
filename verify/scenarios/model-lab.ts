import { type Control, type Forwarding, forwardingMethods, type Lab, parseLab } from "../../lab/index.ts";

/** The labs that were asked for, by their text: each rule about a scenario asks for the same ones. */
const read = new Map<string, Lab>();

/**
 * A model lab of a control and a forwarding method with 1 to 99 real servers, to check the selectors of a scenario without a lab. Its master is
 * `director1`.
 */
export function modelLab(control: Control, realServers: number, forwarding: Forwarding = "dr"): Lab {
  // Where answers pass the director, real servers are on a network behind it.
  const behind = forwardingMethods[forwarding].answersPassDirector;
  const director = (name: string, last: number) =>
    `{ name: ${name}, addresses: [10.0.0.${last}${behind ? `, 10.0.1.${last}` : ""}], role: director }`;
  const servers = [
    director("director1", 2),
    ...(control === "keepalived" ? [director("director2", 3)] : []),
    ...Array.from(
      { length: realServers },
      (_, n) => `{ name: web${n + 1}, addresses: [10.0.${behind ? 1 : 0}.${n + 10}], role: real-server }`,
    ),
  ];
  // With something of each kind to track, and a service that needs an MTA, so that faults of that have a place.
  const instance = (address: string) =>
    `  - { addresses: [${address}], members: [{ server: director1 }, { server: director2, priority: 50 }],
      trackScripts: [{ command: /bin/true }], trackProcesses: [{ process: cron }], trackBfd: [{ neighbor: web1, network: ${behind ? "back" : "front"} }] }\n`;
  const election = `vrrp:\n${instance("10.0.0.200")}${behind ? instance("10.0.1.200") : ""}`;
  const text = `control: ${control}
networks:
  - { name: front, subnets: [10.0.0.0/24] }
${behind ? "  - { name: back, subnets: [10.0.1.0/24], defaultRoute: 10.0.1.200 }\n" : ""}services:
  - { vip: 10.0.0.200, forwarding: ${forwarding} }
${control === "keepalived" ? `  - { vip: 10.0.0.200, port: 8080, forwarding: ${forwarding}, healthCheck: { type: smtp } }\n` : ""}${control === "keepalived" ? election : ""}servers:
${servers.map((server) => `  - ${server}`).join("\n")}
`;
  const lab = read.get(text) ?? parseLab(text, "model.yaml");
  read.set(text, lab);
  return lab;
}
