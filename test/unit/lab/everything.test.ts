import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readLab } from "../../../lab/index.ts";
import { labSchema } from "../../../lab/schema.ts";
import { readYaml } from "../../../lab/yaml/document.ts";
import { propertyPaths } from "../../../lab/yaml/schema.ts";

const file = "docs/everything.yaml";

/** The paths of all properties that data has, list items as `[]`. */
function pathsIn(value: unknown, prefix = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, `${prefix}[]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = prefix ? `${prefix}.${key}` : key;
    return [path, ...pathsIn(inner, path)];
  });
}

it("docs/everything.yaml is a lab", async () => {
  expect(await readLab(file)).toMatchObject({
    name: "everything",
    services: [
      { name: "web", realServers: [{ weight: 3 }, { weight: 1, page: "server3 k3f9x2\n" }] },
      { name: "shop" },
      { name: "echo" },
      { name: "dns" },
      { name: "shop-with-mail" },
    ],
    vrrp: [{ syncGroup: "VG_1", trackScripts: [{ timeout: 1 }] }, { syncGroup: "VG_1" }],
    servers: [
      { memory: 768 },
      { arpCure: "sysctl" },
      { arpCure: "arptables" },
      { memory: 512 },
      { name: "server5" },
      { name: "server6" },
    ],
  });
});

it("docs/everything.yaml has every property that there is", async () => {
  const used = pathsIn(readYaml(await readFile(file, "utf8")).value);
  const possible = propertyPaths(labSchema);
  expect([...new Set(used)].sort()).toEqual(possible.sort());
});

it("docs/lab-file.md shows docs/everything.yaml as it is", async () => {
  const page = await readFile("docs/lab-file.md", "utf8");
  expect(page).toContain(`\n\`\`\`yaml\n${await readFile(file, "utf8")}\`\`\`\n`);
});
