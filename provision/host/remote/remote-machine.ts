import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { isNodeNewEnough } from "../../../setup/steps/machine.mjs";
import { lastWords } from "../../last-words.ts";
import { cacheRoot, projectRoot } from "../../paths.ts";
import type { BuildOptions, Store } from "../build.ts";
import type { HostClocks } from "../machine/wall-clock.ts";
import { MARK, MARK_TEXT } from "../private/private-host.ts";
import type { SentKind, Verbs } from "./agent-verbs.ts";
import { connectionError, lacking, MachineError } from "./errors.ts";
import { AGENT, bundlePrograms, programStore, programsKey } from "./programs.ts";
import { relaySocket } from "./relay.ts";
import { send } from "./send.ts";
import { SSH_FAILED, SshLink } from "./ssh-link.ts";

/** What is to be known of a machine before anything is done there. */
interface Prepared {
  /** The project's cache over there. */
  readonly cache: string;
  /** The project's directory of labs over there. */
  readonly labs: string;
  /** Node over there: its own, or one that was sent. */
  readonly node: string;
  /** The folder of the bundled programs over there. */
  readonly programs: string;
}

/** A lab's way to another machine: which it is, its directory here and over there. `place` is empty as long as it is not known. */
export interface RemotePlace {
  readonly machine: string;
  readonly directory: string;
  readonly place: string;
}

const GREETING = "lvs-lab";

/** The first look at a machine: one line each. Arguments: the key of the programs, the version of this Node. */
const LOOK = `echo ${GREETING}
cache=\${LVS_LAB_CACHE:-\${XDG_CACHE_HOME:-$HOME/.cache}/lvs-lab}
echo "$cache"
echo "\${LVS_LAB_STATE:-\${XDG_STATE_HOME:-$HOME/.local/state}/lvs-lab}/labs"
uname -sm
if [ -e "$cache/programs/$1/${AGENT}" ]; then echo yes; else echo no; fi
if [ -x "$cache/node/$2/node" ]; then echo yes; else echo no; fi
node=$(command -v node) && "$node" --version || echo none
echo "$node"
command -v tar || echo none`;

/** The file of a lab's directory on this machine that says where the lab is. */
export const RECORD = "machine.json";

const CLOCK_ROUND_TRIPS = 9;

/** Another machine, over one lab's connection to it. */
export class RemoteMachine {
  readonly link: SshLink;
  readonly #at: RemotePlace;
  #prepared: Promise<Prepared> | undefined;

  constructor(at: RemotePlace) {
    const { machine, directory, place } = at;
    this.#at = at;
    // Without a place only what the machine is like is asked: the lab's own connection forwards its sockets.
    const forwards = place === "" ? [] : ["run/libvirt-sock", "run/relay.sock"];
    this.link = new SshLink(
      machine,
      directory,
      forwards.map((name) => ({ here: join(directory, name), there: join(place, name) })),
    );
  }

  get name(): string {
    return this.#at.machine;
  }

  /** The socket of this machine that leads to the lab host's relay. */
  get relay(): string {
    return relaySocket(this.#at.directory);
  }

  /** Makes the lab's directory on this machine. */
  async layDirectory(): Promise<void> {
    const { directory } = this.#at;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of ["run", "log", "transcripts"]) await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, MARK), MARK_TEXT);
    if (this.#at.place !== "") await writeFile(join(directory, RECORD), `${JSON.stringify(this.#at)}\n`);
  }

  /**
   * Sees that the project's programs are there, and a Node to run them by. Once a process.
   * @throws MachineError if the machine cannot be reached, or is of the wrong kind
   */
  async prepare(options: BuildOptions = {}): Promise<Prepared> {
    this.#prepared ??= this.#prepare(options);
    return await this.#prepared.catch((error) => {
      this.#prepared = undefined;
      throw error;
    });
  }

  async #prepare({ onProgress }: BuildOptions): Promise<Prepared> {
    const key = programsKey();
    const { version } = process;
    const lines = (await this.link.sh(LOOK, [key, version])).split("\n");
    const [greeting = "", cache = "", labs = "", system = "", hasPrograms, hasNode, found = "", itsNode = "", tar] =
      lines;
    if (greeting !== GREETING)
      throw lacking(
        this.name,
        `its shell prints something of its own before a command's output: ${JSON.stringify(greeting)}`,
        "let ~/.bashrc, or what else that shell reads, print nothing where nobody is at a terminal",
      );
    if (system !== "Linux x86_64")
      throw lacking(this.name, `a lab runs on Linux on x86-64, this is ${system}`, "take another machine");
    if (tar === "none") throw lacking(this.name, "there is no tar", "apt-get install tar");
    if (hasPrograms !== "yes") {
      await bundlePrograms({ onProgress });
      await this.#send(programStore(), key, cache, onProgress);
      const old = 'find "$1" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +';
      await this.link.sh(old, [join(cache, "programs")]);
    }
    const ownNode = itsNode !== "" && isNodeNewEnough(found.replace(/^v/, ""));
    if (!ownNode && hasNode !== "yes") await this.#sendNode(cache, onProgress);
    return {
      ...{ cache, labs },
      node: ownNode ? itsNode : join(cache, "node", version, "node"),
      programs: join(cache, "programs", key),
    };
  }

  async #sendNode(cache: string, onProgress: BuildOptions["onProgress"]): Promise<void> {
    const { execPath, version } = process;
    const source = { folder: dirname(execPath), name: basename(execPath), what: `Node ${version}`, file: "node" };
    await send(this.link, { ...source, to: join(cache, "node"), as: version }, onProgress);
    const node = join(cache, "node", version, "node");
    const { status, stderr } = await this.link.run([node, "--version"]);
    if (status === 0) return;
    await this.link.sh('rm -rf "$1"', [dirname(node)]);
    throw lacking(
      this.name,
      `it has no Node 20.19 or newer, and the one of this machine does not run there: ${stderr.trim().split("\n")[0]}`,
      "install Node 20.19 or newer, so that `node` is found by a command over ssh",
    );
  }

  async #send(store: Store, name: string, cache: string, onProgress: BuildOptions["onProgress"]): Promise<void> {
    const to = join(cache, basename(store.directory));
    await send(this.link, { folder: store.directory, name, to, as: name, what: store.what }, onProgress);
  }

  /** Where a path of this machine's cache or checkout is over there: the one place that knows. */
  async there(path: string): Promise<string> {
    const { cache, programs } = await this.prepare();
    const below = (folder: string) => (path.startsWith(`${folder}/`) ? relative(folder, path) : undefined);
    const [cached, own] = [below(cacheRoot()), below(projectRoot)];
    if (cached !== undefined) return join(cache, cached);
    if (own !== undefined) return join(programs, own);
    throw new Error(`${path} is not known on ${this.name}`);
  }

  /** Whether a directory of the cache is over there, unchanged from its manifest. */
  async has(store: Store, name: string): Promise<boolean> {
    return (await this.#look(store, name)).whole;
  }

  async #look(store: Store, name: string): ReturnType<Verbs["whole"]> {
    const directory = await this.there(store.directory);
    return await this.call("whole", { directory, kind: basename(store.directory) as SentKind, name });
  }

  /** Sends a directory of the cache, unless it is there. What arrives is held against its manifest. */
  async provide(store: Store, name: string, { onProgress }: BuildOptions = {}): Promise<void> {
    const { cache } = await this.prepare({ onProgress });
    const before = await this.#look(store, name);
    if (before.whole) return;
    if (before.damage) onProgress?.(`${store.what} on ${this.name} is damaged: ${before.damage}; sending it again`);
    await this.#send(store, name, cache, onProgress);
    const { whole, damage } = await this.#look(store, name);
    if (!whole)
      throw new MachineError(
        `${store.what} did not arrive whole on ${this.name}: ${damage ?? "it is missing"}. Fix: run the command again; if it fails again, look at that machine's disk.`,
      );
  }

  /** Asks the agent. @throws MachineError with its message */
  async call<V extends keyof Verbs>(
    verb: V,
    given: Parameters<Verbs[V]>[0],
    { onProgress }: BuildOptions = {},
  ): Promise<Awaited<ReturnType<Verbs[V]>>> {
    await this.link.ensure();
    const child = this.link.spawn(await this.#agent(verb, given), { stdio: ["ignore", "pipe", "pipe"] });
    const said = lastWords(child.stderr);
    let answer: { result?: unknown; error?: string } | undefined;
    createInterface({ input: child.stdout as Readable }).on("line", (line) => {
      const message = JSON.parse(line) as { progress?: string; result?: unknown; error?: string };
      if (message.progress === undefined) answer = message;
      else onProgress?.(message.progress);
    });
    const [status] = (await once(child, "close")) as [number | null];
    if (answer?.error !== undefined) throw new MachineError(`on ${this.name}: ${answer.error}`);
    if (answer && "result" in answer) return answer.result as Awaited<ReturnType<Verbs[V]>>;
    if (status === SSH_FAILED) throw connectionError(this.name, said());
    throw new MachineError(
      `the lab host's agent on ${this.name} ended with status ${status}: ${said().trim() || "it said nothing"}. Fix: run the command again.`,
    );
  }

  async #agent(verb: keyof Verbs, given: object): Promise<string[]> {
    const { node, programs } = await this.prepare();
    return [node, join(programs, AGENT), verb, JSON.stringify(given)];
  }

  /**
   * Compares clocks: of several round trips the shortest says most, and half of it is the error. Both machines' clocks go on by themselves: ask again
   * after a long measurement.
   */
  async clocks(): Promise<HostClocks> {
    await this.link.ensure();
    const child = this.link.spawn(await this.#agent("clock", {}), { stdio: ["pipe", "pipe", "pipe"] });
    const said = lastWords(child.stderr);
    const stdin = child.stdin as Writable;
    stdin.on("error", () => {});
    const lines = createInterface({ input: child.stdout as Readable })[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const { value, done } = await lines.next();
      if (done) throw connectionError(this.name, said());
      return value;
    };
    const { wall } = JSON.parse(await next()) as { wall: { nanoseconds: string; error: string } };
    let best: HostClocks["monotonic"] | undefined;
    for (let trip = 0; trip < CLOCK_ROUND_TRIPS; trip += 1) {
      const asked = process.hrtime.bigint();
      stdin.write("\n");
      const there = BigInt(await next());
      const heard = process.hrtime.bigint();
      const error = (heard - asked) / 2n;
      if (!best || error < best.error) best = { nanoseconds: there - (asked + heard) / 2n, error };
    }
    stdin.end();
    const monotonic = best as HostClocks["monotonic"];
    return {
      monotonic,
      wall: {
        nanoseconds: BigInt(wall.nanoseconds) + monotonic.nanoseconds,
        error: BigInt(wall.error) + monotonic.error,
      },
    };
  }
}
