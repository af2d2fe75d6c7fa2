import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import type { Command } from "commander";
import { tryOnHost } from "../../provision/host/command.ts";
import { type LabHost, openHost, SEGMENT } from "../../provision/host/reach.ts";
import { interruptible } from "../../verify/live/interruptible.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { labPlace } from "../lab-directory.ts";
import { type StackOptions, seconds, stackOption } from "../options.ts";

interface CaptureOptions extends StackOptions {
  readonly write?: string;
  readonly filter?: string;
  readonly seconds?: number;
  readonly ethernet?: boolean;
}

export const capture = (program: Command): void => {
  program
    .command("capture")
    .description("show the packets on the lab's segment by tcpdump, or write them to a file, until Ctrl-C")
    .addOption(stackOption())
    .option("-w, --write <file>", "write a pcap file, for Wireshark; `-` is standard output")
    .option("--filter <expression>", "only the packets that match this pcap-filter(7) expression: 'arp or vrrp'")
    .option("--seconds <seconds>", "end after this time", seconds)
    .option("-e, --ethernet", "show MAC addresses too: direct routing changes only these")
    .action(async ({ stack, ...options }: CaptureOptions) => {
      if (options.write === "-" && process.stdout.isTTY)
        throw new CliError(
          "a pcap file is binary, and standard output is a terminal. Fix: name a file, or pipe it: `lvs-lab capture -w - | wireshark -k -i -`",
          exitStatus.configuration,
        );
      const { host, bridges } = await labPlace(stack);
      const place = openHost(host);
      if (options.filter !== undefined) await refuseBadFilter(place, options.filter);
      const file = options.write === undefined || options.write === "-" ? undefined : await fileToWrite(options.write);
      try {
        const said = await runTcpdump(place, bridges[0] ?? "", options, file);
        if (said) console.error(`${said}${file ? `, in ${options.write}` : ""}`);
      } finally {
        await file?.close();
      }
    });
};

/** @throws CliError with tcpdump's message if the filter is invalid */
async function refuseBadFilter(place: LabHost, filter: string): Promise<void> {
  const compile = ["tcpdump", "-y", "EN10MB", "-d", "--", filter];
  const { status, stderr } = await tryOnHost(place, SEGMENT, compile);
  if (status !== 0) throw new CliError(`--filter: ${wordsOf(stderr)}`, exitStatus.configuration);
}

/** Opens a file on this machine as this user: the lab host sees other paths. */
async function fileToWrite(path: string): Promise<FileHandle> {
  return await open(path, "w").catch((cause) => {
    throw new CliError(`cannot write ${path}: ${cause.message}`, exitStatus.configuration, { cause });
  });
}

/**
 * Runs tcpdump on the segment until Ctrl-C or the time limit.
 * @returns its packet counts as text; undefined if it printed none
 */
async function runTcpdump(
  place: LabHost,
  bridge: string,
  { write, filter, seconds: duration, ethernet }: Omit<CaptureOptions, "stack">,
  file: FileHandle | undefined,
): Promise<string | undefined> {
  const command = [
    ...["tcpdump", "-i", bridge, "-n", "--immediate-mode", "-B", String(BUFFER_KIB)],
    // Keep root: dropping it would clear the kill-on-parent-death setting: prctl(2), PR_SET_PDEATHSIG.
    ...["-Z", "root"],
    ...(write === undefined ? ["-l"] : ["-U", "-w", "-"]),
    ...(ethernet ? ["-e"] : []),
    ...["--", ...(filter === undefined ? [] : [filter])],
  ];
  return await interruptible(async (signal) => {
    // detached: this process receives Ctrl-C and then signals tcpdump once.
    const child = place.spawn(SEGMENT, ["setpriv", "--pdeathsig", "KILL", ...command], {
      ...{ direct: true, detached: true, stdio: ["ignore", file?.fd ?? "inherit", "pipe"] },
    });
    let said = "";
    let [listening, stopped] = [false, false];
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      stopped = true;
      child.kill("SIGINT");
    };
    signal.addEventListener("abort", stop);
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      said += part;
      if (listening || !said.includes("listening on")) return;
      listening = true;
      console.error("Capturing on the lab's segment. Ctrl-C ends it.");
      if (duration !== undefined) timer = setTimeout(stop, duration * 1000);
    });
    const [code, killedBy] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    // A closed pipe, as from head(1), is no failure, nor is Ctrl-C before tcpdump listens.
    const ended = code === 0 || stopped || killedBy === "SIGPIPE" || said.includes("Broken pipe");
    if (!ended)
      throw new CliError(
        `the capture ended (${killedBy ?? `status ${code}`}): ${wordsOf(said)}` +
          (listening ? "" : ". Fix: `npm run up` creates the lab's bridge"),
      );
    return countIn(said);
  });
}

/** Buffer for frames that tcpdump has not processed, in KiB. */
const BUFFER_KIB = 8192;

/** The packet counts in tcpdump's final output. */
function countIn(said: string): string | undefined {
  const count = (what: string) => new RegExp(`^(\\d+) packets? ${what}`, "m").exec(said)?.[1];
  const [captured, dropped] = [count("captured"), count("dropped by kernel")];
  if (captured === undefined) return undefined;
  return `${captured} packet${captured === "1" ? "" : "s"} captured${dropped === "0" ? "" : `, ${dropped} more dropped by the kernel`}`;
}

/** tcpdump's last lines, on one line. */
const wordsOf = (stderr: string): string => stderr.trim().split("\n").slice(-3).join("; ");
