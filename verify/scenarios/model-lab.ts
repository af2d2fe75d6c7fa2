import { type Control, type Lab, parseLab } from "../../lab/index.ts";

/** A model lab of a control with 1 to 99 real servers, to check the selectors of a scenario without a lab. Its master is `director1`. */
export function modelLab(control: Control, realServers: number): Lab {
  const servers = [
    "{ name: director1, addresses: [10.0.0.2], role: director }",
    ...(control === "keepalived" ? ["{ name: director2, addresses: [10.0.0.3], role: director }"] : []),
    ...Array.from(
      { length: realServers },
      (_, n) => `{ name: web${n + 1}, addresses: [10.0.0.${n + 10}], role: real-server }`,
    ),
  ];
  const election = "vrrp: [{ members: [{ server: director1 }, { server: director2, priority: 50 }] }]\n";
  const text = `control: ${control}
networks: [{ subnets: [10.0.0.0/24] }]
services: [{ vip: 10.0.0.200 }]
${control === "keepalived" ? election : ""}servers:
${servers.map((server) => `  - ${server}`).join("\n")}
`;
  return parseLab(text, "model.yaml");
}
