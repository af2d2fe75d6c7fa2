import { Command } from "commander";
import { closeConnections } from "../provision/ssh/index.ts";
import { capture } from "./commands/capture.ts";
import { check } from "./commands/check.ts";
import { ci } from "./commands/ci.ts";
import { classCommand } from "./commands/class.ts";
import { client } from "./commands/client.ts";
import { completion } from "./commands/completion.ts";
import { connect } from "./commands/connect.ts";
import { serialConsole } from "./commands/console.ts";
import { doctor } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { drain, undrain } from "./commands/drain.ts";
import { env } from "./commands/env.ts";
import { explain } from "./commands/explain.ts";
import { failover } from "./commands/failover.ts";
import { fault, heal } from "./commands/fault.ts";
import { grade } from "./commands/grade.ts";
import { guide } from "./commands/guide.ts";
import { helpMe } from "./commands/help-me.ts";
import { inventory } from "./commands/inventory.ts";
import { logs } from "./commands/logs.ts";
import { rehearse } from "./commands/rehearse.ts";
import { scenario } from "./commands/scenario.ts";
import { reset, restore, snapshot, snapshots } from "./commands/snapshot.ts";
import { soak } from "./commands/soak.ts";
import { ssh } from "./commands/ssh.ts";
import { sshConfig } from "./commands/ssh-config.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { validate } from "./commands/validate.ts";
import { exitStatus } from "./exit-status.ts";
import { reportOf } from "./report-error.ts";

const program = new Command("lvs-lab")
  .description("An LVS lab on real virtual machines: bring it up, inspect it, break it.")
  .showHelpAfterError("(lvs-lab --help lists the commands)")
  .enablePositionalOptions()
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? exitStatus.ok : exitStatus.configuration);
  });
for (const add of [
  up,
  down,
  snapshot,
  snapshots,
  restore,
  reset,
  status,
  check,
  grade,
  guide,
  failover,
  scenario,
  fault,
  heal,
  drain,
  undrain,
  soak,
  ci,
  ssh,
  sshConfig,
  connect,
  inventory,
  serialConsole,
  logs,
  capture,
  client,
  validate,
  rehearse,
  classCommand,
  helpMe,
  explain,
  env,
  doctor,
  completion,
])
  add(program);

// Report unhandled errors in the project's format too.
process.on("uncaughtException", (error) => {
  const reported = reportOf(error);
  console.error(reported.shown);
  process.exit(reported.status);
});

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    const reported = reportOf(error);
    console.error(reported.shown);
    process.exitCode = reported.status;
  } finally {
    await closeConnections();
  }
}

void main();
