import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { until } from "../../until.ts";
import {
  type Cable,
  type LabHost,
  type LabSpawnOptions,
  type ObservedHost,
  SEGMENT,
  type SharedLibvirt,
} from "../access.ts";
import { runOnHost } from "../command.ts";
import type { LabFiles } from "../files.ts";
import { commandLine, guestName, processes } from "../machine/processes.ts";
import type { HostClocks } from "../machine/wall-clock.ts";
import { PrivateHost } from "../private/private-host.ts";
import { MachineError } from "../remote/errors.ts";
import { tryVirsh, virshCommand } from "../virsh.ts";
import { CONSOLE_LOG } from "./domain.ts";
import {
  machineLibvirt,
  machineLibvirtAnswers,
  mustMakeDisks,
  SOCKETS,
  SYSTEM_URI,
  uriBelow,
  type Virsh,
} from "./machine-libvirt.ts";
import { markedServers, mustBeFree, removeMarked, said, volumesOf, whosePool } from "./marked.ts";
import { type SystemNames, systemNames } from "./names.ts";

/** The file of a lab's directory that says that its servers are on the machine's libvirt. */
const RECORD = "system-libvirt";

/** Whether the lab of a directory has its servers on the machine's libvirt. */
export const isOnSystem = (directory: string): boolean => existsSync(join(directory, RECORD));

/** Where the lab host sees the sockets of the machine's libvirtd: it has its own at their place. */
const SOCKETS_INSIDE = "/run/machine-libvirt";

/** Seconds for the cables to be there. */
const CABLE_SECONDS = 5;

/**
 * A lab host whose servers are on the libvirt that the machine has already. All else is a private lab host's: the networks and their bridges, in a
 * namespace of their own, the client, the package server. So the machine gets no bridge, address or firewall rule; servers are joined to the bridges by
 * cables, which are UDP sockets of the machine's loopback: see cables.pl.
 */
export class SystemHost implements LabHost {
  readonly directory: string;
  readonly isHere = true;
  readonly uri = SYSTEM_URI;
  readonly shared: SharedLibvirt;
  readonly #private: PrivateHost;
  readonly #sockets: string;

  /** @param sockets the folder of the sockets of the machine's libvirtd */
  constructor(directory: string, sockets = SOCKETS) {
    this.directory = directory;
    this.#sockets = sockets;
    this.shared = { uri: uriBelow(SOCKETS_INSIDE), names: systemNames(directory) };
    this.#private = new PrivateHost(directory, {
      binds: [{ from: sockets, to: SOCKETS_INSIDE }],
      scripts: [fileURLToPath(new URL("cables.pl", import.meta.url))],
      keepsGroups: true,
    });
  }

  get #names(): SystemNames {
    return this.shared.names;
  }

  /** Connection URI of the lab's own libvirtd, which has its networks. */
  get networksUri(): string {
    return this.#private.uri;
  }

  get files(): LabFiles {
    const { files } = this.#private;
    return {
      ...files,
      list: async (path) => {
        if (path === join(this.directory, "log/qemu")) await this.#fetchConsoleLogs(path).catch(() => {});
        return await files.list(path);
      },
      free: async () => await this.#freeInPool().catch(() => files.free()),
    };
  }

  async observe(): Promise<ObservedHost | undefined> {
    const observed = await this.#private.observe();
    if (!observed || !isOnSystem(this.directory) || !(await machineLibvirtAnswers(this.#sockets))) return undefined;
    return { ...observed, cables: this.#cables };
  }

  /** Also starts the lab's servers if it was not running: the machine may have been booted. */
  async start({ packages, cables = [], onProgress }: Parameters<LabHost["start"]>[0]): Promise<void> {
    const virsh = await machineLibvirt({ onProgress, sockets: this.#sockets });
    // What has this lab's mark is left from a directory that somebody removed.
    if (!isOnSystem(this.directory)) await removeMarked(virsh, this.#names);
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(
      join(this.directory, RECORD),
      `The servers of this lab are domains ${this.#names.domain("…")} of ${SYSTEM_URI}, with the mark ${this.#names.id}.\n`,
    );
    const lines = cables.map((cable) => this.#lineOf(cable));
    await this.#private.files.write(this.#cablesFile, lines.map((line) => `${line}\n`).join(""));
    const before = await this.#private.observe();
    await this.#private.start({ packages, onProgress });
    await this.#untilConnected(lines);
    if (before?.generation === (await this.#private.observe())?.generation) return;
    for (const server of await markedServers(this.#virsh, this.#names, "--state-shutoff"))
      await said(this.#virsh, "start", this.#names.domain(server));
  }

  /** @throws MachineError if the machine's libvirt cannot be used, or somebody else has what a lab with these servers needs. Changes nothing */
  async mustBePossible(servers: readonly string[]): Promise<void> {
    mustMakeDisks();
    await mustBeFree(await this.#usable(), this.#names, servers);
  }

  /** In the lab host, where a call takes a tenth of the time. */
  readonly #virsh: Virsh = (...words) => tryVirsh(this, ...words);

  /** The machine's libvirt, whether or not the lab host runs. @throws MachineError if it cannot be used */
  async #usable(): Promise<Virsh> {
    const runs = this.#private.pid !== undefined && (await machineLibvirtAnswers(this.#sockets));
    return runs && (await this.#virsh("uri")).status === 0
      ? this.#virsh
      : await machineLibvirt({ sockets: this.#sockets });
  }

  get #cablesFile(): string {
    return join(this.directory, "cables");
  }

  /** A line of `cables`, as cables.pl reads it. */
  #lineOf({ mac, bridge }: Cable): string {
    const { address, port } = this.#names.cable(mac).lab;
    return [mac, bridge, `lvs${mac.replaceAll(":", "").slice(6).toLowerCase()}`, address, port].join(" ");
  }

  get #cables(): Cable[] {
    try {
      const lines = readFileSync(this.#cablesFile, "utf8").split("\n").filter(Boolean);
      return lines.map((line) => {
        const [mac = "", bridge = ""] = line.split(" ");
        return { mac, bridge };
      });
    } catch {
      return [];
    }
  }

  async #untilConnected(lines: readonly string[]): Promise<void> {
    await until(
      async () => {
        const state = new Map(
          (await readFile(join(this.directory, "run/cables"), "utf8").catch(() => ""))
            .split("\n")
            .map((line) => line.split("\t") as [string, string]),
        );
        const bad = lines.find((line) => state.get(line) !== "ok");
        if (bad !== undefined) throw new Error(state.get(bad) ?? "it has not been begun");
      },
      {
        seconds: CABLE_SECONDS,
        everyMs: 50,
        failed: (last) =>
          new MachineError(
            `a cable of the lab in ${this.directory} to a server on the machine's libvirt cannot be made: ${(last as Error).message}. ` +
              `Its log is ${join(this.directory, "log/connect_servers.out")}.\n` +
              `Fix: \`ss --udp --listening --numeric --processes\` shows who has an address that begins with ${this.#names.loopback}, or all addresses; end it, or use another stack`,
          ),
      },
    );
  }

  async destroy(): Promise<void> {
    await removeMarked(await this.#usable(), this.#names);
    await this.#private.destroy();
  }

  /** What the machine's libvirt has of it stays. */
  async forget(): Promise<void> {
    await this.#private.destroy();
  }

  async guests(): Promise<string[]> {
    return processes().flatMap((pid) => {
      const words = commandLine(pid);
      const domain = guestName(words);
      if (domain === undefined || !words.some((word) => word.includes(`${this.#names.loopback}.`))) return [];
      return this.#names.server(domain) ?? [];
    });
  }

  connect(address: string, port: number): Duplex {
    return this.#private.connect(address, port);
  }

  async connectCommand(address: string, port: number): Promise<string[]> {
    return await this.#private.connectCommand(address, port);
  }

  spawn(at: string, command: readonly string[], options?: LabSpawnOptions): ChildProcess {
    return this.#private.spawn(at, command, options);
  }

  async node(script: string, ...args: readonly string[]): Promise<string[]> {
    return await this.#private.node(script, ...args);
  }

  async clocks(): Promise<HostClocks> {
    return await this.#private.clocks();
  }

  async attach(name: string, options: Parameters<LabHost["attach"]>[1]): Promise<void> {
    await this.#private.attach(name, options);
  }

  async detach(name: string): Promise<void> {
    await this.#private.detach(name);
  }

  /** Copies of the servers' console logs, which libvirt has among the volumes: the files are root's. */
  async #fetchConsoleLogs(to: string): Promise<void> {
    const virsh = this.#virsh;
    const { pool } = this.#names;
    if ((await whosePool(virsh, this.#names)) !== "ours") return;
    await said(virsh, "pool-refresh", pool);
    for (const name of (await volumesOf(virsh, pool)).filter((volume) => volume.endsWith(CONSOLE_LOG)))
      await runOnHost(
        this,
        SEGMENT,
        virshCommand(this, "vol-download", "--pool", pool, name, "--file", join(to, name)),
      );
  }

  async #freeInPool(): Promise<number> {
    const info = await said(this.#virsh, "pool-info", "--bytes", this.#names.pool);
    const [, bytes] = /^Available:\s+(\d+)/m.exec(info) ?? [];
    if (bytes === undefined) throw new Error(`virsh pool-info: ${info}`);
    return Number(bytes);
  }
}
