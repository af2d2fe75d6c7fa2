import { constants } from "node:os";
import { type Command, Option } from "commander";
import { labHostIn, openHost } from "../../provision/host/reach.ts";
import { command, patience } from "../../provision/ssh/index.ts";
import { endOf } from "../at-terminal.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { existingLabDirectory } from "../lab-directory.ts";
import { liveLab, serverOf } from "../live-lab.ts";
import { formatBytes, type LogFile, type LogKind, logFiles, loggedServers } from "../log-sources.ts";
import { NO_CONNECTION, openSsh } from "../open-ssh.ts";
import { type StackOptions, stackOption, wholeNumber } from "../options.ts";

interface LogsOptions extends StackOptions, Partial<Record<LogKind, boolean>> {
  readonly unit?: string;
  readonly follow?: boolean;
  readonly lines: number;
}

/** A server's logs, besides its journal. */
const ofServer = ["console", "transcript", "qemu"] as const;
/** The logs of the lab itself. */
const ofLab = ["host", "resources"] as const;
const kinds = [...ofServer, ...ofLab];

export const logs = (program: Command): void => {
  const only = (kind: LogKind, flags: string, description: string) =>
    new Option(flags, description).conflicts(["unit", ...kinds.filter((other) => other !== kind)]);
  program
    .command("logs")
    .description("list the lab's logs, or show one: a server's journal or console, the lab host's own logs")
    .addOption(stackOption())
    .argument("[server]", "name in the lab file; without an option, its journal")
    .option("-u, --unit <name>", "only this service's journal, such as keepalived")
    .addOption(only("console", "--console", "output of the server's serial console"))
    .addOption(only("transcript", "--transcript", "every command that the lab ran on the server, with its output"))
    .addOption(only("qemu", "--qemu", "QEMU's command line and messages"))
    .addOption(only("host", "--host", "the lab host's own logs: init, libvirtd, package server"))
    .addOption(only("resources", "--resources", "what Pulumi did with each resource, and how long it took"))
    .option("-n, --lines <count>", "number of lines from the end", wholeNumber(), 50)
    .option("-f, --follow", "wait for more lines, until Ctrl-C")
    .action(async (server: string | undefined, options: LogsOptions) => {
      const kind = kinds.find((one) => options[one]);
      refuseMisuse(server, kind, options);
      const directory = existingLabDirectory(options.stack);
      if (server !== undefined && kind === undefined) return await showJournal(server, options);
      const files = await logFiles(openHost(labHostIn(directory)));
      if (kind === undefined) console.log(formatSources(options.stack, files));
      else await showFiles(chooseFiles(files, { kind, server, directory }), options);
    });
};

/** @throws CliError for options that need a server, or exclude one */
function refuseMisuse(server: string | undefined, kind: LogKind | undefined, { unit, follow }: LogsOptions): void {
  const refuse = (message: string) => {
    throw new CliError(`${message} \`lvs-lab logs\` lists the logs`, exitStatus.configuration);
  };
  const isOfLab = ofLab.some((one) => one === kind);
  if (server !== undefined && isOfLab)
    refuse(`--${kind} is a log of the lab, not of a server. Fix: leave out "${server}".`);
  if (server === undefined && kind !== undefined && !isOfLab) refuse(`--${kind} is a log of a server. Fix: name one.`);
  if (server === undefined && unit !== undefined) refuse("--unit selects from a server's journal. Fix: name a server.");
  if (server === undefined && kind === undefined && follow)
    refuse("--follow needs a log. Fix: name a server, --host or --resources.");
}

/** The journal's last lines, read by journalctl on the server. */
async function showJournal(name: string, { stack, unit, lines, follow }: LogsOptions): Promise<void> {
  const live = await liveLab(stack).catch((error) => {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(
      `${error.message}. The journal is read over SSH; \`npx lvs-lab logs -s ${stack}\` lists the logs in files`,
      error.status,
    );
  });
  const server = serverOf(live, name);
  const more = [...(unit === undefined ? [] : ["--unit", unit]), ...(follow ? ["--follow"] : [])];
  const status = await openSsh(live, server, [command`journalctl --no-pager --lines ${lines} ${more}`], {
    ConnectTimeout: Math.ceil(patience(server, 3)),
  });
  if (status === NO_CONNECTION)
    throw new CliError(
      `${name} is not reachable by SSH, so its journal cannot be read. Fix: \`npx lvs-lab logs -s ${stack} ${name} --console\` shows its last output, \`npx lvs-lab console -s ${stack} ${name}\` logs in without SSH`,
      exitStatus.timeout,
    );
  end(status, follow);
}

/** The files of one kind. @throws CliError that lists the servers with logs, if there is none */
function chooseFiles(
  files: readonly LogFile[],
  { kind, server, directory }: { kind: LogKind; server: string | undefined; directory: string },
): LogFile[] {
  const chosen = files.filter((one) => one.kind === kind && one.server === server);
  if (chosen.length > 0) return chosen;
  const known = loggedServers(files);
  if (server === undefined || known.includes(server))
    throw new CliError(`there is no log of that kind in ${directory} yet`);
  throw new CliError(
    `there are no logs of a server "${server}"; servers with logs: ${known.join(", ") || "none"}`,
    exitStatus.configuration,
  );
}

/** The last lines of files, by tail(1), which prints a header for each if there are several. */
async function showFiles(files: readonly LogFile[], { lines, follow }: LogsOptions): Promise<void> {
  const shown = files.filter(({ bytes }) => bytes > 0 || follow || files.length === 1);
  const [first] = shown; // all of one kind are in one place
  const options = [...["--lines", String(lines)], ...(follow ? ["--follow=name", "--retry"] : []), "--"];
  if (first) end(await endOf(first.where.tail([...options, ...shown.map(({ file }) => file)])), follow);
}

/** Ctrl-C ends --follow normally. */
function end(status: number, follow = false): void {
  process.exitCode = follow && status === 128 + constants.signals.SIGINT ? exitStatus.ok : status;
}

/** Table of the logs: option, size, path. */
function formatSources(stack: string, files: readonly LogFile[]): string {
  const rowsOf = (one: LogFile) => [
    `${one.server ? `${one.server} ` : ""}--${one.kind}`,
    formatBytes(one.bytes),
    one.file,
  ];
  const rows = [
    ...loggedServers(files).flatMap((name) => [
      [name, "", "its journal, over SSH"],
      ...files.filter(({ server }) => server === name).map(rowsOf),
    ]),
    ...files.filter(({ server }) => server === undefined).map(rowsOf),
  ];
  const width = Math.max(...rows.map(([asked = ""]) => asked.length));
  return [
    `Logs of the stack ${stack}. \`npx lvs-lab logs -s ${stack}\` and a name below shows the last lines; -f follows.`,
    "",
    ...rows.map(([asked = "", size = "", where]) => `${asked.padEnd(width)}  ${size.padStart(9)}  ${where}`),
  ].join("\n");
}
