// @ts-check
/**
 * What the toolchain is made of: every version, and how each binary is built.
 * The toolchain's key is a hash over this file and the Go modules beside it, so a change here builds a new one.
 */

export const versions = {
  /** The Pulumi CLI: the release that the bridge is made of, so that what both need is compiled once. */
  pulumi: "3.256.0",
  /**
   * The npm package `@pulumi/pulumi`, and the oldest CLI that goes with it. From 3.249.0 on it asks for Node 22; a CLI works with every
   * older SDK of its major version.
   */
  pulumiSdk: "3.246.0",
  /** The module github.com/pulumi/pulumi-terraform-bridge/v3/dynamic, source of the plugin `terraform-provider`. */
  terraformBridge: "3.136.0",
  /**
   * What that plugin calls itself. Its releases are numbered apart from the module's; this is one of them, so the
   * SDK, which asks for exactly this version, also works where an official CLI downloads the plugin.
   */
  terraformProviderPlugin: "1.1.4",
  /** The Terraform provider dmacvicar/libvirt. 0.9 has another schema, and no Go module. */
  libvirtProvider: "0.8.3",
};

/**
 * Packages that no command of the lab runs, in the order of the work that they are: clouds (where a user may keep stacks), programs in
 * other languages, colours for source code, telemetry. They stay in the CLI and the bridge, and work.
 */
const seldomRun = [
  "github.com/aws/...",
  "github.com/pulumi/pulumi/sdk/v3/go/pulumi/...",
  "cloud.google.com/...",
  "github.com/pulumi/pulumi-yaml/...",
  "github.com/alecthomas/...",
  "github.com/Azure/...",
  "google.golang.org/api/...",
  "go.opentelemetry.io/collector/...",
];

/**
 * What the Go compiler is told, for the packages of a pattern; the last that matches counts. No debug information (dwarf), which no one looks
 * for in a CLI and which is a fifth of the compiler's work: Go's own stack traces do not need it. No inlining (-l) in what seldom runs.
 */
export const compilerFlags = ["all=-dwarf=false", ...seldomRun.map((pattern) => `${pattern}=-dwarf=false -l`)];

/**
 * Build tags. `disable_grpc_modules`: Google's storage client, for stacks in gs://, speaks HTTP only, which is all that the CLI has it speak. It
 * saves Envoy's protocol and what measures gRPC, 135 packages.
 */
export const buildTags = ["disable_grpc_modules"];

/** The Terraform provider's source address, as `pulumi package` takes it. */
export const libvirtSource = "dmacvicar/libvirt";

/**
 * One binary. `module`: the folder beside this file that holds its go.mod; `pkg`: its Go package;
 * `output`: where it goes below the toolchain; `define`: variables that the linker sets; `title`: for progress lines.
 * @typedef {{ title: string, module: string, pkg: string, output: string, define: Record<string, string> }} Binary
 */

/**
 * The binaries, in building order: the second of a module is quick, for it finds the first one's packages compiled. So do those of the second
 * module, as far as both go.mod have the same versions: after raising one, `go get` the other's.
 * The paths below `home/` are where the CLI looks for plugins below its PULUMI_HOME, and where the plugin
 * `terraform-provider` looks for a Terraform provider before it asks a registry.
 * @type {Binary[]}
 */
export const binaries = [
  {
    title: "pulumi",
    module: "cli",
    pkg: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    output: "bin/pulumi",
    define: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}` },
  },
  { title: "SDK generator", module: "cli", pkg: "./gensdk", output: "libexec/gensdk", define: {} },
  {
    title: "plugin terraform-provider",
    module: "bridge",
    pkg: "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic",
    output: `home/plugins/resource-terraform-provider-v${versions.terraformProviderPlugin}/pulumi-resource-terraform-provider`,
    define: {
      "github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/version.version": `v${versions.terraformProviderPlugin}`,
    },
  },
  {
    title: "Terraform provider libvirt",
    module: "bridge",
    pkg: "github.com/dmacvicar/terraform-provider-libvirt",
    output: `home/dynamic_tf_plugins/registry.opentofu.org/${libvirtSource}/${versions.libvirtProvider}/linux_amd64/terraform-provider-libvirt_v${versions.libvirtProvider}`,
    define: {},
  },
];
