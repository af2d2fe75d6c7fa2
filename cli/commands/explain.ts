import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { type Lab, labNames, readLab } from "../../lab/index.ts";
import { configuredRehearsal } from "../configured-lab.ts";
import { CliError, exitStatus } from "../exit-status.ts";
import { explain as explanationOf } from "../explain/explanation.ts";
import { formatExplanation, formatScript } from "../explain/format.ts";
import { labFileNamed } from "../explain/lab-file.ts";
import { rehearsalError } from "../live-lab.ts";
import { jsonOption, stackName } from "../options.ts";

interface ExplainOptions {
  readonly json?: boolean;
  readonly script?: boolean;
  readonly stack?: string;
}

export const explain = (program: Command): void => {
  program
    .command("explain")
    .description("show what a person types to set a lab up, in order, and why; needs no running lab")
    .argument("<lab>", "a lab file, or the name of one in labs/")
    .argument("[server]", "only this server; `client`: what to look at from there")
    .addOption(
      new Option("-s, --stack <name>", "the stack that commands name; by default the lab's name")
        .env("LVS_LAB_STACK")
        .argParser(stackName),
    )
    .addOption(jsonOption())
    .addOption(new Option("--script", "print the commands of one server as a shell script").conflicts("json"))
    .action(async (name: string, server: string | undefined, { json, script, stack }: ExplainOptions) => {
      const file = labFileNamed(name);
      if (file === name && !existsSync(file) && /^[\w.-]+$/.test(name)) {
        const rehearsed = await configuredRehearsal(name);
        throw rehearsed === undefined ? noSuchLab(name) : rehearsalError(name, rehearsed);
      }
      const lab = await readLab(file);
      const servers = lab.servers.map((one) => one.name);
      refuseOthers(server, [...servers, "client"], { file, lab });
      const explanation = explanationOf(lab, { ...(server ? { host: server } : {}), ...(stack ? { stack } : {}) });
      if (script) console.log(formatScript(explanation, { lab: name, server: scripted(server, servers, name) }));
      else console.log(json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation));
    });
};

const misuse = (message: string): CliError => new CliError(message, exitStatus.configuration);

const noSuchLab = (name: string): CliError =>
  misuse(
    `there is no lab ${name}: no file ${name}, and no labs/${name}.yaml. ` +
      `Fix: give the path of a lab file, or one of ${labNames().join(", ")}`,
  );

function refuseOthers(server: string | undefined, known: readonly string[], { file, lab }: { file: string; lab: Lab }) {
  if (server !== undefined && !known.includes(server))
    throw misuse(`${file}: the lab ${lab.name} has no server ${server}. Fix: choose one of ${known.join(", ")}`);
}

/** The server that --script is for. */
function scripted(server: string | undefined, servers: readonly string[], lab: string): string {
  if (server !== undefined && servers.includes(server)) return server;
  const found = server === undefined ? "none was given" : `nothing is set up on the ${server}`;
  throw misuse(
    `--script is for one server, and ${found}. Fix: lvs-lab explain ${lab} SERVER --script, with one of ${servers.join(", ")}`,
  );
}
