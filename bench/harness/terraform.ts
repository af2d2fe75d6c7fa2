import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pulumiEnvironment } from "../../cli/environment.ts";
import { interfaceOn } from "../../lab/index.ts";
import { bridgeOf } from "../../provision/host/bridge.ts";
import { libvirtCommandLine } from "../../provision/host/image/kernel.ts";
import { projectRoot } from "../../provision/paths.ts";
import { locateToolchain } from "../../setup/toolchain/locate.mjs";
import { libvirtSource, versions } from "../../setup/toolchain/recipe.mjs";
import { onPath } from "./on-path.ts";
import type { PlainHost } from "./plain-host.ts";
import { run } from "./run.ts";

/** The provider's path below a plugin directory, as Pulumi's bridge and Terraform's mirrors expect it. */
const placeOf = (registry: string): string => join(registry, libvirtSource, versions.libvirtProvider, "linux_amd64");

/** The libvirt provider that Pulumi's bridge runs: Terraform uses the same binary. */
export function libvirtProvider(): string | undefined {
  const toolchain = locateToolchain();
  const homes = [
    ...(toolchain?.kind === "built" ? [join(toolchain.directory, "home")] : []),
    process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
  ];
  return homes
    .map((home) => join(home, "dynamic_tf_plugins", placeOf("registry.opentofu.org")))
    .map((folder) => join(folder, `terraform-provider-libvirt_v${versions.libvirtProvider}`))
    .find(existsSync);
}

/** A Terraform directory with bench/terraform/ in it. Providers come only from a mirror on this machine. */
export class Terraform {
  readonly #binary: string;
  readonly #directory: string;

  private constructor(binary: string, directory: string) {
    this.#binary = binary;
    this.#directory = directory;
  }

  /** The path of `tofu` or `terraform`; tofu is preferred if both exist. */
  static binary = (): string | undefined => onPath("tofu", "terraform");

  /** What is missing on this machine, with the fix; undefined if nothing. */
  static missing(): string | undefined {
    if (!Terraform.binary())
      return "neither tofu nor terraform is on PATH (docs/benchmarks.md tells how OpenTofu is built from its Go module)";
    return libvirtProvider() ? undefined : "the libvirt provider is not there: `npm run setup` builds it";
  }

  /** Creates the directory and runs `init`. */
  static async lay(): Promise<Terraform> {
    const binary = Terraform.binary() ?? "terraform";
    const provider = libvirtProvider() ?? "";
    const directory = await mkdtemp(join(tmpdir(), "lvs-bench-terraform-"));
    const mirror = join(directory, "mirror");
    for (const registry of ["registry.opentofu.org", "registry.terraform.io"]) {
      const folder = join(mirror, placeOf(registry));
      await mkdir(folder, { recursive: true });
      await symlink(provider, join(folder, `terraform-provider-libvirt_v${versions.libvirtProvider}`));
    }
    await writeFile(
      join(directory, "cli.tfrc"),
      `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`,
    );
    await copyFile(join(projectRoot, "bench/terraform/main.tf"), join(directory, "main.tf"));
    const terraform = new Terraform(binary, directory);
    await terraform.run("init", "-input=false");
    return terraform;
  }

  /** Selects the machines to create. */
  async describe(host: PlainHost): Promise<void> {
    const variables = JSON.stringify(terraformVariables(host), null, 2);
    await writeFile(join(this.#directory, "terraform.tfvars.json"), variables);
  }

  apply = (...options: readonly string[]): Promise<string> =>
    this.run("apply", "-auto-approve", "-input=false", ...options);

  run(command: string, ...options: readonly string[]): Promise<string> {
    return run([this.#binary, `-chdir=${this.#directory}`, command, "-no-color", ...options], {
      env: this.environment(),
    });
  }

  /** The variables that it runs with. */
  environment(): NodeJS.ProcessEnv {
    return {
      // With xsltproc, which the provider starts: it is in the lab host's userland.
      PATH: pulumiEnvironment().PATH,
      ...{ TF_CLI_CONFIG_FILE: join(this.#directory, "cli.tfrc"), CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    };
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}

/** The variables of bench/terraform/main.tf. */
export const terraformVariables = ({ directory, access, image, acceleration, network, guests }: PlainHost) => ({
  uri: access.uri,
  network: { name: network.name, bridge: bridgeOf(0), subnets: network.subnets },
  pool: join(directory, "pool"),
  disk: image.disk,
  kernel: image.kernel,
  initrd: image.initrd,
  cmdline: libvirtCommandLine(acceleration),
  acceleration,
  xslt: join(projectRoot, "stacks/domain.xsl"),
  servers: Object.fromEntries(
    guests.map(({ server, seed }) => [
      server.name,
      { mac: interfaceOn(server, network.name).mac, memory: server.memory, seed },
    ]),
  ),
});
