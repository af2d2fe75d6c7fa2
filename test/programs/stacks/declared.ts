/**
 * Prints the resources that the Pulumi program declares for a stack, as JSON, each with the names of those that it depends on:
 * `node --import tsx test/programs/stacks/declared.ts STACK`. PULUMI_CONFIG is the stack's configuration. Pulumi's mocks stand in for the engine; they are
 * global, so this takes a process of its own. Keys are constant.
 */
import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { importCompiled } from "../../../setup/compiled.mjs";

const [stack = ""] = process.argv.slice(2);
const privateKeyOf = (name: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from(name).toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`;
const declared: { type: string; name: string; inputs: unknown; dependencies: string[] }[] = [];
const dependencies = new Map<string, string[]>();

// The mocks are not told what a resource depends on.
const { registerResource } = MockMonitor.prototype;
MockMonitor.prototype.registerResource = async function (request, callback) {
  const urns: string[] = request.getDependenciesList();
  const names = urns.map((urn) => urn.split("::").at(-1) ?? "");
  dependencies.set(`${request.getType()} ${request.getName()}`, [...new Set(names)].sort());
  await registerResource.call(this, request, callback);
};

await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs }) => {
      const names = dependencies.get(`${type} ${name}`) ?? [];
      declared.push({ type, name, inputs, dependencies: names });
      const made: Record<string, object> = {
        "lvs:index:KeyPair": { publicKey: `ssh-ed25519 PUBLIC-${name} comment`, privateKey: privateKeyOf(name) },
        "lvs:index:GuestImage": {
          disk: "/disk",
          kernel: "/kernel",
          initrd: "/initrd",
          pool: "/pool",
          acceleration: "qemu",
        },
        "lvs:index:CloudImage": { disk: "/cloud-disk", virtualSize: 2 * 2 ** 30 },
        "lvs:index:LabHost": { generation: "1", uri: "qemu+unix:///system" },
        "lvs:index:SeedImage": { file: `${name}.img`, path: `/seeds/${name}.img` },
      };
      return { id: name, state: { ...inputs, ...made[type] } };
    },
    call: () => ({}),
  },
  "lvs-lab",
  stack,
  false,
);
const { default: program } = await importCompiled("stacks/index.ts");
await program();
// Declaring goes on after the program has ended: the last resources wait for the first ones.
process.once("beforeExit", () => console.log(JSON.stringify(declared, undefined, 2)));
