import { existsSync, readFileSync, rmSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, stringify } from "yaml";
import { $ } from "zx";
import { liveLab } from "../../cli/live-lab.ts";
import { projectRoot } from "../../cli/pulumi.ts";
import { runningHosts } from "../../provision/host/private/inits.ts";
import { type LabHost, openHost } from "../../provision/host/reach.ts";
import { virsh } from "../../provision/host/virsh.ts";
import { labDirectory } from "../../provision/paths.ts";
import { closeConnections } from "../../provision/ssh/index.ts";
import type { CheckResult } from "../../verify/checks/check.ts";
import type { Grade } from "../../verify/grade/grade.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";
import { driven } from "../turns/to-measure.ts";
import type { Step } from "./by-hand.ts";

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The commands that change no server. */
const LOOKS = new Set(["check", "grade", "guide", "status", "client", "logs", "snapshot"]);

/** A stack of the tests' own, driven as a user would: by `lvs-lab` and `pulumi` at the command line. */
export class TestStack {
  readonly name: string;
  readonly #config: string;
  readonly #prefix: readonly string[];
  readonly #lab: string;
  /** How its servers are reached. */
  #live: Promise<LiveLab> | undefined;

  /** `offline`: its commands run in a network namespace that has nothing but a loopback, as on a machine without a network. */
  constructor(name: string, { offline = false } = {}) {
    this.name = name;
    this.#prefix = offline ? ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"] : [];
    this.#config = join(projectRoot, `Pulumi.${name}.yaml`);
    if (!existsSync(this.directory)) rmSync(this.#config, { force: true }); // of a run that was killed
    this.#lab = join(process.env.LVS_LAB_STATE ?? "", `${name}.yaml`);
    driven.push(() => runningHosts().flatMap(({ directory, pid }) => (directory === this.directory ? [pid] : [])));
  }

  /** The lab's directory. */
  get directory(): string {
    return labDirectory(this.name);
  }

  /** The lab host. */
  get host(): LabHost {
    return openHost({ kind: "private", directory: this.directory });
  }

  /** Where its reports go. */
  get reports(): string {
    return join(process.env.LVS_LAB_STATE ?? "", `${this.name}-reports`);
  }

  /** The lab file that `lab` writes. */
  get file(): string {
    return this.#lab;
  }

  /** Makes the stack's lab one of labs/, with some of its properties changed. */
  async lab(base: string, change: (lab: LabFile) => void = () => {}): Promise<void> {
    const lab = shippedLab(base);
    change(lab);
    await writeFile(this.#lab, stringify(lab));
    // The stack's file keeps what Pulumi has written into it.
    const config = existsSync(this.#config) ? parse(await readFile(this.#config, "utf8")) : {};
    await writeFile(this.#config, stringify({ ...config, config: { "lvs-lab:lab": this.#lab } }));
  }

  /**
   * Makes the stack's lab one of labs/ as it is when it has just come up. The first tests that ask for it bring it up, the others go back to
   * that snapshot.
   */
  async served(base: string): Promise<void> {
    const known = existsSync(join(this.directory, "snapshots/served.json"));
    if (known && this.#isLab(base) && (await this.lvs("reset")).status === 0) return;
    await this.lab(base);
    const { status, stderr } = await this.lvs("up", "--snapshot");
    if (status !== 0) throw new Error(stderr);
  }

  #isLab(base: string): boolean {
    return isDeepStrictEqual(parse(readFileSync(this.#lab, "utf8")), shippedLab(base));
  }

  /** `command` may be of two words: `scenario run`. */
  async lvs(command: string, ...args: string[]): Promise<Ran> {
    const words = command.split(" ");
    if (!LOOKS.has(command)) await this.#forget();
    return run([...this.#prefix, join(projectRoot, "cli/lvs-lab"), ...words, "--stack", this.name, ...args]);
  }

  async pulumi(command: string, ...args: string[]): Promise<Ran> {
    if (command === "up") await this.#forget();
    return await run([
      ...this.#prefix,
      "pulumi",
      command,
      "--stack",
      this.name,
      "--non-interactive",
      "--color",
      "never",
      ...args,
    ]);
  }

  /** Runs a shell command on a server over one connection for all, and insists that it works. `lvs-lab ssh` would take two seconds each. */
  async on(server: string, command: string): Promise<string> {
    this.#live ??= liveLab(this.name);
    const { code, stdout, stderr } = await (await onServer(await this.#live, server)).execute(command);
    if (code !== 0) throw new Error(`${server}: ${command}: status ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Another command may make servers anew or cut their power, and a connection to such a one would look alive for a while. */
  async #forget(): Promise<void> {
    this.#live = undefined;
    await closeConnections();
  }

  /** What `check --json` says. */
  async check(...args: string[]): Promise<CheckResult[]> {
    const { stdout, stderr } = await this.lvs("check", "--json", ...args);
    if (stdout === "") throw new Error(stderr);
    return (JSON.parse(stdout) as { checks: CheckResult[] }).checks;
  }

  /** What `grade --json` says, with its exit status. */
  async grade(...args: string[]): Promise<Grade & { status: number | null }> {
    const { status, stdout, stderr } = await this.lvs("grade", "--json", ...args);
    if (stdout === "") throw new Error(stderr);
    return { ...(JSON.parse(stdout) as Grade), status };
  }

  /** libvirt's command line on the lab's own libvirtd. */
  async virsh(...args: string[]): Promise<string> {
    await this.#forget();
    return await virsh(this.host, ...args);
  }

  /** Takes the lab and the stack away. */
  async remove(): Promise<void> {
    await this.lvs("down");
    await this.pulumi("stack", "rm", "--yes", "--force");
    await rm(this.#config, { force: true });
    await rm(this.reports, { recursive: true, force: true });
  }
}

/**
 * Types steps on their servers: on each in order, on all at once as several students would; what concerns two servers waits for all that came before
 * it. What is to be installed comes first. apt finds the lab's own packages alone: reading all of Debian's lists takes half a minute of an emulated
 * processor.
 */
export async function type(stack: TestStack, steps: readonly Step[]): Promise<void> {
  const isInstall = ({ command }: Step): boolean => command.includes("apt-get");
  const servers = [...new Set(steps.map(({ server }) => server))];
  const sources = "/etc/apt/sources.list";
  await Promise.all(
    servers.map(async (server) => {
      await stack.on(server, `mv ${sources} ${sources}.aside`);
      for (const step of steps.filter((one) => one.server === server && isInstall(one)))
        await stack.on(server, step.command);
      await stack.on(server, `mv ${sources}.aside ${sources}`);
    }),
  );
  const begun = new Map<string, Promise<unknown>>();
  for (const { server, command, input } of steps.filter((step) => !isInstall(step))) {
    const ofTwo = input !== undefined || servers.some((other) => command.includes(`${other}:`));
    if (ofTwo) await Promise.all(begun.values());
    const text = input ? await stack.on(input.server, input.command) : undefined;
    const whole = text === undefined ? command : `${command} <<'END'\n${text}END`;
    const typed = (begun.get(server) ?? Promise.resolve()).then(() => stack.on(server, whole));
    begun.set(server, typed);
    if (ofTwo) await typed;
  }
  await Promise.all(begun.values());
}

/** The operating system of all labs, but for servers that a file gives one of their own: `debian-13`. Default: that of each file. */
const everyOs = process.env.LVS_LAB_TESTS_OS;

/** One of labs/, as the tests have it. */
function shippedLab(base: string): LabFile {
  const lab = parse(readFileSync(join(projectRoot, "labs", `${base}.yaml`), "utf8")) as LabFile;
  return everyOs === undefined ? lab : { ...lab, os: everyOs };
}

/** The part of a lab file that tests change. */
export interface LabFile {
  setup?: string;
  os?: string;
  image?: { packages?: string; url?: string; checksum?: string };
  arpCure?: string;
  vrrp?: { preempt?: boolean }[];
  services: {
    scheduler?: string;
    forwarding?: string;
    realServers?: { server: string; weight?: number; page?: string }[];
  }[];
  servers: { name: string; addresses: string[] }[];
}

/** The names of the checks that failed, as `id@subject`, sorted. */
export const failures = (results: readonly CheckResult[]): string[] =>
  results
    .filter(({ passed }) => !passed)
    .map(({ id, subject }) => `${id}@${subject}`)
    .sort();

/** The resources that a run of Pulumi created, updated or deleted, by name, sorted. */
export const changed = (output: string): string[] =>
  [
    ...new Set(
      [...output.matchAll(/^ [+~-]\S?\s+\S+ (\S+) (?:created|updated|deleted)/gm)].map(([, name = ""]) => name),
    ),
  ]
    .filter((name) => !name.startsWith("lvs-lab-"))
    .sort();

async function run([file = "", ...args]: string[]): Promise<Ran> {
  const { exitCode, stdout, stderr } = await $({ nothrow: true, quiet: true, cwd: projectRoot })`${file} ${args}`;
  return { status: exitCode, stdout, stderr };
}
