import type { VirtualService, VrrpPart } from "../../lab/index.ts";
import { type OsName, osFamilies } from "../os.ts";
import { notifyScript } from "./keepalived-notify.ts";
import type { KeepalivedSettings } from "./keepalived-settings.ts";

/**
 * The lines of global_defs without which keepalived 2.2.7 runs no command: its user, who is keepalived_script otherwise, which Debian does not have;
 * and the check that nobody else can change what root runs. Without commands there are none.
 */
export const scriptLines = (settings: KeepalivedSettings): string =>
  commandsOf(settings).length > 0 ? "   script_user root\n   enable_script_security\n" : "";

/** The keywords of keepalived.conf with a command. */
const commandLine = /^(\s*(?:script|notify|misc_path|quorum_up|quorum_down) ")(.*)(")$/gm;

/** A keepalived.conf whose commands are those of keepalived 2.2, for the version of an operating system. */
export const withCommandsFor = (config: string, os: OsName): string =>
  config.replace(commandLine, (_, before: string, text: string, after: string) =>
    [before, osFamilies[os].keepalived.command(text), after].join(""),
  );

/** The programs that keepalived.conf calls, but for the lab's own notify script, each once, by their paths. */
export const programsOf = (settings: KeepalivedSettings): string[] => {
  const programs = commandsOf(settings).flatMap(([program]) => program ?? []);
  return [...new Set(programs)].filter((program) => program !== notifyScript.path).sort();
};

/** Every command that keepalived.conf calls, by its words. */
const commandsOf = ({ instances, services }: KeepalivedSettings): (readonly string[])[] => [
  ...instances.flatMap(commandsOfInstance),
  ...services.flatMap(commandsOfService),
];

const commandsOfInstance = ({ trackScripts = [], notify }: VrrpPart): (readonly string[])[] => [
  ...trackScripts.map(({ command }) => command),
  ...(notify === undefined ? [] : [notify === true ? [notifyScript.path] : notify]),
];

const commandsOfService = ({ healthCheck, quorumUp, quorumDown }: VirtualService): (readonly string[])[] => [
  ...(healthCheck?.type === "misc" ? [healthCheck.command] : []),
  ...(quorumUp ? [quorumUp] : []),
  ...(quorumDown ? [quorumDown] : []),
];
