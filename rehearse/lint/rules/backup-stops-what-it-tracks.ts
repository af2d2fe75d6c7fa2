import { last } from "../../conf/tree.ts";
import { commandAt } from "../../directors/command.ts";
import type { Director } from "../../directors/director.ts";
import type { Instance } from "../../directors/instance.ts";
import { isScript } from "../../directors/tracked.ts";
import { fall, syncGroupOf, type Weighted, weightsOf } from "../../directors/weight.ts";
import type { Folder } from "../../folder.ts";
import type { Found, Rule } from "../rule.ts";
import { scriptOf } from "../scripts.ts";
import { nameOf } from "../words.ts";

export const backupStopsWhatItTracks: Rule = {
  id: "backup-stops-what-it-tracks",
  title: "a notify_backup that stops the service that the instance tracks",
  level: "error",
  why:
    "What an instance tracks counts on the backup as well, and a director that takes over was backup before. Where the backup stops the service, the script " +
    "that looks for it fails: without a weight it goes to FAULT and does not take over, with one its priority stays lowered, so that a master that fails in " +
    "the same way keeps the address.",
  source: "keepalived.conf(5), track_script and notify_backup; acassen/keepalived issues 731 and 2485",
  *look({ directors, folder }) {
    for (const director of directors)
      for (const instance of director.instances) yield* stopped(director, instance, folder);
  },
};

function* stopped(director: Director, instance: Instance, folder: Folder): Iterable<Found> {
  const owner = [instance, syncGroupOf(director, instance)].find((one) => last(one?.block, "notify_backup"));
  const at = last(owner?.block, "notify_backup");
  if (!owner || !at) return;
  const command = commandAt(at, owner.at);
  const services = servicesStoppedBy(scriptOf(command, folder)?.text ?? command.words.join(" "));
  for (const one of weightsOf(director, instance)) {
    const service = services.find((name) => looksFor(one, name, director, folder));
    if (service === undefined) continue;
    yield {
      at,
      also: [one.track.at],
      ...(one.weight === 0 ? {} : { level: "warning" as const }),
      message:
        `${nameOf({ director, instance })} stops ${service} when it becomes backup, and tracks ${one.track.name}, which looks for it: ` +
        (one.weight === 0
          ? "it goes to FAULT and never takes over"
          : `as a backup its priority is lower by ${fall(one)}`),
      fix: `leave ${service} running on the backup; let it bind the address by net.ipv4.ip_nonlocal_bind=1 if it must`,
    };
    return;
  }
}

/** The services that a shell's text stops. */
const servicesStoppedBy = (text: string): string[] =>
  [
    ...text
      .replace(/(^|\s)#.*/g, "")
      .matchAll(
        /\bsystemctl\s+(?:-\S+\s+)*stop\s+(?:-\S+\s+)*([\w@-]+)|\bservice\s+([\w@-]+)\s+stop\b|\/init\.d\/([\w@-]+)\s+stop\b|\b(?:killall|pkill)\s+(?:-(?!0\b)\S+\s+)*([\w@]+)/g,
      ),
  ].flatMap((found) => found.slice(1).filter((name) => name !== undefined && name !== "keepalived"));

/** Whether what is tracked fails without a process of this name. */
function looksFor({ track }: Weighted, service: string, { tracked }: Director, folder: Folder): boolean {
  const definition = tracked.find(({ kind, name }) => kind === track.kind && name === track.name);
  if (!definition) return false;
  if (track.kind === "process")
    return last(definition.block, "process")?.words.some((word) => word.replace(/^.*\//, "") === service) ?? false;
  if (!isScript(definition) || !definition.command || definition.reverse) return false;
  const text = scriptOf(definition.command, folder)?.text ?? definition.command.words.join(" ");
  const words = service.replace(/[^\w]/g, "\\$&");
  const question = "(?:(?:killall|pkill)\\s+-0|pidof|pgrep|ps\\s+-C|systemctl\\s+(?:is-active|status))";
  return new RegExp(`\\b${question}\\s+(?:-\\S+\\s+)*["']?${words}\\b`).test(text);
}
