import { liveSchema } from "../provision/live.ts";
import type { ServerRef } from "../provision/ssh/index.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { CliError, exitStatus } from "./exit-status.ts";
import { LiveRecord } from "./live-record.ts";
import { isUnknownStack, pulumi } from "./pulumi.ts";

/** The lab of a stack, from its outputs. */
export async function liveLab(stack: string): Promise<LiveLab> {
  const record = await LiveRecord.of(stack);
  const recorded = await record?.read();
  const live = recorded ?? (await liveOutput(stack));
  const read = liveSchema.safeParse(live);
  if (!read.success)
    throw new CliError(
      `the lab of the stack "${stack}" was brought up by another version of this project; \`npm run up -- -s ${stack}\` updates it and keeps its servers`,
      exitStatus.configuration,
    );
  if (recorded === undefined) await record?.write(live);
  return { stack, ...read.data };
}

/** The output `live` of a stack, from Pulumi. @throws CliError if there is no lab */
async function liveOutput(stack: string): Promise<unknown> {
  const { status, stdout, stderr } = await pulumi("stack", "output", "--json", "--show-secrets", "--stack", stack);
  if (status !== 0)
    throw new CliError(
      isUnknownStack(stderr) ? `there is no stack "${stack}"; \`npm run up -- -s ${stack}\` creates it` : stderr.trim(),
      isUnknownStack(stderr) ? exitStatus.stackNotFound : status,
    );
  const { live } = JSON.parse(stdout) as { live?: unknown };
  if (!live)
    throw new CliError(
      `the stack "${stack}" has no lab; \`npm run up -- -s ${stack}\` brings it up`,
      exitStatus.configuration,
    );
  return live;
}

/**
 * The lab of a stack, for a command that holds it against its lab file.
 * @throws CliError if it is a rehearsal, and what `liveLab` throws
 */
export async function liveLabWithFile(stack: string): Promise<LiveLab> {
  const live = await liveLab(stack);
  if (live.rehearsal !== undefined) throw rehearsalError(stack, live.rehearsal);
  return live;
}

/** What a command says that holds a lab against its lab file, of a stack that has none. */
export const rehearsalError = (stack: string, folder: string): CliError =>
  new CliError(
    `the stack "${stack}" is the rehearsal of ${folder}, which has no lab file to hold it against. Fix: \`npx lvs-lab status -s ${stack}\` shows its directors, \`npx lvs-lab rehearse run ${folder} -s ${stack} --keep\` tries them`,
    exitStatus.configuration,
  );

/** How to reach a server of the lab. @throws CliError that lists the servers */
export function serverOf({ servers }: LiveLab, name: string): ServerRef {
  const server = servers.find((one) => one.name === name);
  if (server) return server;
  throw new CliError(
    `the lab has no server "${name}"; it has ${servers.map((one) => one.name).join(", ")}`,
    exitStatus.configuration,
  );
}
