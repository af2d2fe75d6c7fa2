import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { $ } from "zx";
import { cacheRoot, projectRoot } from "../../provision/paths.ts";

/** The machine's, whatever a test makes of HOME. */
const cache = cacheRoot();

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A checkout and a state directory of a test's own, so that it can run commands that write into either. */
export class Checkout {
  readonly root: string;
  /** Its state directory. */
  readonly state: string;
  readonly #scratch: string;
  /** What `lvs-lab env` says, read once. */
  #settings?: Promise<Record<string, string>>;

  private constructor(scratch: string) {
    this.#scratch = scratch;
    this.root = join(scratch, "checkout");
    this.state = join(scratch, "s");
  }

  /** Copies the project's sources as they are now, and commits them. Packages are linked. */
  static async make(): Promise<Checkout> {
    const checkout = new Checkout(await mkdtemp(join(tmpdir(), "lvs-lab-co-")));
    const { root } = checkout;
    const left = new Set([".git", "node_modules", "reports", "docs", "test", "bench"]);
    await cp(projectRoot, root, {
      recursive: true,
      filter: (from) => !left.has(basename(from)) && !/^Pulumi\..+\.yaml/.test(basename(from)),
    });
    await mkdir(join(root, "node_modules"));
    for (const name of await readdir(join(projectRoot, "node_modules")))
      if (!name.startsWith(".") || name === ".package-lock.json")
        await symlink(join(projectRoot, "node_modules", name), join(root, "node_modules", name));
    const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    await checkout.git("init", "--quiet");
    await checkout.git("add", "--all");
    await checkout.git(...author, "commit", "--quiet", "--no-gpg-sign", "--message", "the sources");
    return checkout;
  }

  async git(...args: string[]): Promise<string> {
    return (await $({ cwd: this.root, quiet: true })`git ${args}`).stdout;
  }

  /** The environment of its commands: none of the user's Pulumi settings. `more` is added. */
  environment(more: Record<string, string> = {}): Record<string, string | undefined> {
    const given = Object.entries(process.env).filter(([name]) => !/^(PULUMI_|LVS_LAB_STACK$)/.test(name));
    return {
      ...Object.fromEntries(given),
      HOME: this.#scratch,
      LVS_LAB_CACHE: cache,
      LVS_LAB_STATE: this.state,
      GOGC: "off", // pulumi: a quarter of a short run is garbage collection
      ...more,
    };
  }

  /** Runs `lvs-lab` as a user does. */
  async lvsLab(...args: string[]): Promise<Ran> {
    return await this.lvsLabWith({}, ...args);
  }

  /** The same with further variables. */
  async lvsLabWith(more: Record<string, string>, ...args: string[]): Promise<Ran> {
    return await this.#run(join(this.root, "cli/lvs-lab"), args, more);
  }

  /** Runs the literal `pulumi`, with the environment that `lvs-lab env` prints. */
  async pulumi(...args: string[]): Promise<Ran> {
    this.#settings ??= this.#readSettings();
    return await this.#run("pulumi", args, await this.#settings);
  }

  async #readSettings(): Promise<Record<string, string>> {
    const { stdout } = await this.#run("sh", ["-c", 'eval "$(cli/lvs-lab env)" && env -0']);
    const variables = stdout.split("\0").map((line) => /^([^=]+)=(.*)$/s.exec(line)?.slice(1) ?? []);
    return Object.fromEntries(variables.filter(([name = ""]) => name === "PATH" || name.startsWith("PULUMI_")));
  }

  async #run(program: string, args: readonly string[], more?: Record<string, string>): Promise<Ran> {
    const { exitCode, stdout, stderr } = await $({
      cwd: this.root,
      env: this.environment(more),
      nothrow: true,
      quiet: true,
    })`${program} ${args}`;
    return { status: exitCode, stdout, stderr };
  }

  async remove(): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true });
  }
}
