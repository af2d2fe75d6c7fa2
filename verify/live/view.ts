import type { ChildProcess } from "node:child_process";
import { isStandIn, type Lab } from "../../lab/index.ts";
import { tryOnHost } from "../../provision/host/command.ts";
import { CLIENT, SEGMENT } from "../../provision/host/reach.ts";
import { command, masked, type Word } from "../../provision/ssh/index.ts";
import { type LiveLab, labHost, onServer } from "./live-lab.ts";

/** A command with its output. */
export interface Evidence {
  /** A server's name, `client`, or `segment`: the lab host. */
  readonly where: string;
  readonly command: string;
  readonly output: string;
  /** Exit status; null if a signal ended it. */
  readonly status: number | null;
}

/** Runs commands on servers and as the client, and keeps their output as evidence. */
export class View {
  readonly live: LiveLab;
  readonly evidence: Evidence[] = [];

  constructor(live: LiveLab) {
    this.live = live;
  }

  get lab(): Lab {
    return this.live.lab;
  }

  /** A command on a server, as a template whose values are quoted. */
  on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => {
      const text = command(pieces, ...values);
      if (isStandIn(this.lab, server)) {
        const { stdout, stderr, status } = await tryOnHost(labHost(this.live), server, ["bash", "-c", text]);
        return this.keep({ where: server, command: text, output: stdout + stderr, status });
      }
      const { stdout, stderr, code } = await (await onServer(this.live, server)).execute(text);
      return this.keep({ where: server, command: text, output: stdout + stderr, status: code });
    };
  }

  /** A command as the client. */
  async client(...words: string[]): Promise<Evidence> {
    const { stdout, stderr, status } = await tryOnHost(labHost(this.live), CLIENT, words);
    return this.keep({ where: "client", command: command`${words}`, output: stdout + stderr, status });
  }

  /** Starts a command as the client and returns it, for a talk over its standard input and output. `keep` what comes of it. */
  startClient(...words: string[]): ChildProcess {
    return labHost(this.live).spawn(CLIENT, words, { stdio: ["pipe", "pipe", "pipe"] });
  }

  /** A command on the lab host's own side of the networks, where their bridges are. */
  async segment(...words: string[]): Promise<Evidence> {
    const { stdout, stderr, status } = await tryOnHost(labHost(this.live), SEGMENT, words);
    return this.keep({ where: "segment", command: command`${words}`, output: stdout + stderr, status });
  }

  /** Adds to the evidence. */
  keep(evidence: Evidence): Evidence {
    // The evidence is masked, the result that is judged is not.
    this.evidence.push({ ...evidence, command: masked(evidence.command), output: masked(evidence.output) });
    return evidence;
  }
}
