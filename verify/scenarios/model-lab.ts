import { type Lab, parseLab, type Stage } from "../../lab/lab.ts";

/**
 * A model lab of a stage with 1 to 99 real servers, to check the selectors of a scenario without a lab. Its master is `director1`.
 */
export function modelLab(stage: Stage, realServers: number): Lab {
  const servers = [
    "{ name: director1, address: 10.0.0.2, role: director }",
    ...(stage === "ha" ? ["{ name: director2, address: 10.0.0.3, role: director, priority: 50 }"] : []),
    ...Array.from(
      { length: realServers },
      (_, n) => `{ name: web${n + 1}, address: 10.0.0.${n + 10}, role: real-server }`,
    ),
  ];
  const text = `stage: ${stage}
network: { subnet: 10.0.0.0/24 }
service: { vip: 10.0.0.200 }
servers:
${servers.map((server) => `  - ${server}`).join("\n")}
`;
  return parseLab(text, "model.yaml");
}
