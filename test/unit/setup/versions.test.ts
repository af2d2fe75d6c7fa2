import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectRoot } from "../../../setup/paths.mjs";
import { versions } from "../../../setup/toolchain/recipe.mjs";

const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");
const json = (path: string) => JSON.parse(read(path));

describe("versions agree with the recipe", () => {
  test("of @pulumi/pulumi in package.json and in the SDK", () => {
    expect(json("package.json").dependencies["@pulumi/pulumi"]).toBe(versions.pulumiSdk);
    expect(json("sdks/libvirt/package.json").dependencies["@pulumi/pulumi"]).toBe(versions.pulumiSdk);
  });

  test("of the provider that the SDK asks for", () => {
    const { version, pulumi } = json("sdks/libvirt/package.json");
    expect(version).toBe(versions.libvirtProvider);
    expect(pulumi.version).toBe(versions.terraformProviderPlugin);
    const parameter = JSON.parse(Buffer.from(pulumi.parameterization.value, "base64").toString());
    expect(parameter.remote.version).toBe(versions.libvirtProvider);
  });

  test.each([
    ["cli", "github.com/pulumi/pulumi/pkg/v3", versions.pulumi],
    ["cli", "github.com/pulumi/pulumi/sdk/v3", versions.pulumi],
    ["bridge", "github.com/pulumi/pulumi-terraform-bridge/v3", versions.terraformBridge],
    ["bridge", "github.com/dmacvicar/terraform-provider-libvirt", versions.libvirtProvider],
  ])("of the Go modules: %s requires %s %s", (module, path, version) => {
    expect(read(`setup/toolchain/${module}/go.mod`)).toContain(`${path} v${version}`);
  });

  test("between the Go modules, so that what both need is compiled once", () => {
    const required = (module: string) =>
      new Map(
        [...read(`setup/toolchain/${module}/go.mod`).matchAll(/^\t(\S+) (v\S+)/gm)].map(([, path = "", version]) => [
          path,
          version,
        ]),
      );
    const [cli, bridge] = [required("cli"), required("bridge")];
    const apart = [...cli].filter(([path, version]) => bridge.has(path) && bridge.get(path) !== version);
    expect(cli.size).toBeGreaterThan(200);
    // What draws the CLI's help does not compile with the newer tables.
    expect(apart.map(([path]) => path)).toEqual(["github.com/olekukonko/tablewriter"]);
  });
});
