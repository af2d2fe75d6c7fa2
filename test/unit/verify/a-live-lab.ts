import type { ChildProcess } from "node:child_process";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { type Lab, readLab } from "../../../lab/index.ts";
import { command, type Word } from "../../../provision/ssh/index.ts";
import type { LiveLab } from "../../../verify/live/live-lab.ts";
import { type Evidence, View } from "../../../verify/live/view.ts";

/** What is read of shipped labs, which no test changes: they are frozen. */
const shipped = new Map<string, Promise<Lab>>();

/** A shipped lab as its stack's outputs would describe it, with no server behind it. */
export async function aLiveLab(
  name:
    | "dr"
    | "ha"
    | "bare"
    | "bare-ha"
    | "nat"
    | "tracking"
    | "bfd"
    | "sync-group"
    | "three-directors"
    | "ipv6"
    | "health-checks",
): Promise<LiveLab> {
  const reading = shipped.get(name) ?? readLab(`labs/${name}.yaml`);
  shipped.set(name, reading);
  const lab = await reading;
  const host = { kind: "private", directory: "/lab" } as const;
  return {
    version: 2,
    stack: name,
    lab,
    host,
    bridges: Object.fromEntries(lab.networks.map(({ name: network }, index) => [network, `lvsbr${index}`])),
    acceleration: "kvm",
    servers: [],
  };
}

/** What a command prints, or prints and ends with. */
export type Answer = string | { readonly output: string; readonly status: number };

/** A process that answers the first line that it gets with a page, and ends with its input; with another status, one that fails at once. */
function aTalk({ output, status }: Exclude<Answer, string>): ChildProcess {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const child = Object.assign(new EventEmitter(), {
    ...{ stdin, stdout, stderr },
    kill: () => {
      end(143);
      return true;
    },
  });
  const end = (how: number) => {
    stdout.end();
    stderr.end();
    setImmediate(() => child.emit("close", how));
  };
  if (status === 0) {
    stdin.once("data", () => {
      stdout.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(output)}\r\n\r\n${output}`);
    });
    stdin.once("end", () => end(0));
  } else {
    stderr.write(output);
    end(status);
  }
  return child as unknown as ChildProcess;
}

/** A view of a lab in which every command is answered from what a real one printed. */
export class RecordedView extends View {
  readonly #answer: (where: string, command: string) => Answer;

  constructor(live: LiveLab, answer: (where: string, command: string) => Answer) {
    super(live);
    this.#answer = answer;
  }

  override on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => this.#evidence(server, command(pieces, ...values));
  }

  override async client(...words: string[]): Promise<Evidence> {
    return this.#evidence("client", words.join(" "));
  }

  /** The answer is the page of a web server that keeps connections open, or what the command says before it ends. */
  override startClient(...words: string[]): ChildProcess {
    const answer = this.#answer("client", words.join(" "));
    return aTalk(typeof answer === "string" ? { output: answer, status: 0 } : answer);
  }

  override async segment(...words: string[]): Promise<Evidence> {
    return this.#evidence("segment", words.join(" "));
  }

  #evidence(where: string, command: string): Evidence {
    const answer = this.#answer(where, command);
    const evidence = { where, command, ...(typeof answer === "string" ? { output: answer, status: 0 } : answer) };
    this.evidence.push(evidence);
    return evidence;
  }
}
