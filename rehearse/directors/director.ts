import { all, last, type Statement } from "../conf/tree.ts";
import type { Configuration } from "../folder.ts";
import { type Command, commandsIn } from "./command.ts";
import { type Instance, instancesOf } from "./instance.ts";
import { isOn } from "./settings.ts";
import { type SyncDaemon, syncDaemonOf } from "./sync-daemon.ts";
import { type SyncGroup, syncGroupsOf } from "./sync-group.ts";
import { type Tracked, trackedIn } from "./tracked.ts";
import { type VirtualServer, virtualServersOf } from "./virtual-server.ts";

/** A director, as its configuration has it. What keepalived fills in is filled in; what is not understood is left out. */
export interface Director {
  readonly name: string;
  readonly configuration: Configuration;
  /** The statements of its global_defs blocks. */
  readonly settings: readonly Statement[];
  readonly instances: readonly Instance[];
  readonly syncGroups: readonly SyncGroup[];
  /** Scripts, processes and files that instances may track. */
  readonly tracked: readonly Tracked[];
  readonly virtualServers: readonly VirtualServer[];
  /** The programs that it runs. */
  readonly commands: readonly Command[];
  readonly syncDaemon?: SyncDaemon;
}

/** The director of a configuration. */
export function directorOf(configuration: Configuration): Director {
  const { director: name, statements } = configuration;
  const settings = all(statements, "global_defs").flatMap(({ block }) => block ?? []);
  const tracked = trackedIn(statements);
  const syncGroups = syncGroupsOf(statements);
  const instances = instancesOf(statements, settings);
  const syncDaemon = syncDaemonOf(settings, instances);
  return {
    ...{ name, configuration, settings, instances, tracked, syncGroups },
    ...(syncDaemon ? { syncDaemon } : {}),
    virtualServers: virtualServersOf(statements),
    commands: commandsIn(statements),
  };
}

/** Whether a setting of global_defs is on. */
export const isSet = ({ settings }: Pick<Director, "settings">, keyword: string): Statement | undefined => {
  const found = last(settings, keyword);
  return found && isOn(found) ? found : undefined;
};
