import { existsSync } from "node:fs";
import { labHostIn, openHost } from "../provision/host/reach.ts";
import { labDirectory } from "../provision/paths.ts";
import { closeConnectionsOf } from "../provision/ssh/index.ts";
import { runCheck } from "../verify/checks/check.ts";
import { type Grade, gradeLab } from "../verify/grade/grade.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { type LabStatus, labStatus } from "../verify/live/status.ts";
import type { LabState } from "./tile.ts";

/** What a look at a lab found. `grade` is there if a server answered. */
export interface Found {
  readonly state: LabState;
  readonly words: string;
  readonly status?: LabStatus;
  readonly grade?: Grade;
}

/** How a stack's lab is found. */
export interface LabAccess {
  /** The lab as its stack's outputs describe it. */
  open(stack: string): Promise<LiveLab>;
  /** The command line of the command that works on the stack; undefined if there is none. */
  commandAtWork(stack: string): Promise<string | undefined>;
}

/** What commands that change or break a whole lab do to it. Beside all others a look is possible. */
const atWork: Readonly<Record<string, string>> = {
  up: "coming up",
  down: "going down",
  reset: "being reset",
  restore: "being restored",
  snapshot: "a snapshot is being taken",
};

/** What a command line does to a lab, in words, if it must be left alone meanwhile. */
export function workInWords(commandLine: string): string | undefined {
  const [, verb = ""] = /^lvs-lab (\S+)/.exec(commandLine) ?? [];
  return atWork[verb];
}

/**
 * Looks at one lab again and again, at little cost: the stack's outputs are read once for each start of its lab host, and SSH connections stay open.
 * What is looked at is what `lvs-lab status` and `lvs-lab grade` look at, once, without a wait for what may still settle: the next look comes anyway.
 */
export class LabWatch {
  readonly #stack: string;
  readonly #access: LabAccess;
  /** The lab, and the start of its lab host at which it was read. */
  #known: { readonly live: LiveLab; readonly generation: string } | undefined;

  constructor(stack: string, access: LabAccess) {
    this.#stack = stack;
    this.#access = access;
  }

  /** @throws whatever keeps it from being seen: no stack, a lab host that does not answer */
  async look(): Promise<Found> {
    if (!existsSync(this.directory)) return this.#without("none", "no lab");
    const work = await this.#work();
    if (work !== undefined) return this.#without("busy", work);
    const host = await openHost(labHostIn(this.directory)).observe();
    if (!host) return this.#without("down", "down");
    const live = await this.#liveAt(host.generation);
    const status = await labStatus(live);
    const answering = status.servers.filter(({ reachable }) => reachable).length;
    const all = status.servers.length;
    if (answering === 0) return { state: "silent", words: "no server answers", status };
    const grade = await gradeLab(live, {
      run: (lab, check, subject) => runCheck(lab, check, subject, { patience: "none" }),
    });
    // A command that began meanwhile may have changed what was seen.
    const begun = await this.#work();
    if (begun !== undefined) return this.#without("busy", begun);
    return answering === all
      ? { state: "up", words: "up", status, grade }
      : { state: "partly", words: `${answering} of ${all} servers answer`, status, grade };
  }

  /** Lets a look that hangs fail: its connections are closed. */
  cut(): void {
    this.#known = undefined;
    closeConnectionsOf(this.directory);
  }

  get directory(): string {
    return labDirectory(this.#stack);
  }

  async #work(): Promise<string | undefined> {
    const line = await this.#access.commandAtWork(this.#stack);
    return line === undefined ? undefined : workInWords(line);
  }

  /** A lab that is not looked at: connections to it would look alive for a while. */
  #without(state: LabState, words: string): Found {
    if (this.#known) this.cut();
    return { state, words };
  }

  async #liveAt(generation: string): Promise<LiveLab> {
    if (this.#known?.generation === generation) return this.#known.live;
    const read = await this.#access.open(this.#stack);
    const live = { ...read, servers: read.servers.map((server) => ({ ...server, transcribed: false })) };
    this.#known = { live, generation };
    return live;
  }
}
