import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { engineLog } from "./engine-log.ts";
import { serveOwnUserOnly } from "./own-user.ts";
import { LabProvider } from "./provider.ts";
import { resources } from "./resources.ts";

/**
 * The provider's process, started by Pulumi through `pulumi-resource-lvs`. stdout belongs to the protocol, so nothing may print to it.
 * Pulumi ends the process; if Pulumi was killed, it exits by itself, or it would keep SSH connections open.
 */
const args = process.argv.slice(2);
const parent = process.ppid;
// Init adopts orphans: Pulumi may have exited before this check. (Alone in a container, Pulumi may be init itself.)
const orphaned = parent === 1 && readFileSync("/proc/1/comm", "utf8").trim() !== "pulumi";
setInterval(() => (orphaned || process.ppid !== parent) && process.exit(1), 500).unref();
engineLog.connect(args.at(-1));
void serveOwnUserOnly(() => pulumi.provider.main(new LabProvider(resources), args));
