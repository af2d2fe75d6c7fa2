// @ts-check

import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { startNode, stop } from "./child.mjs";
import { parseOptions } from "./options.mjs";
import { language, sdkScript } from "./sdk.mjs";

/** The SDK's way to say: it failed, and the user has been told why (`cmd/run` in @pulumi/pulumi). */
const EXIT_USER_WAS_TOLD = 32;

const RUNNER = fileURLToPath(new URL("runner.mjs", import.meta.url));

/** A program's process, and its command line. @typedef {{ words: string[], started: ReturnType<typeof startNode> }} Prepared */

/** The process that waits for its program. @type {Prepared | undefined} */
let waiting;

/** @param {import("@pulumi/pulumi/proto/language_pb.js").ProgramInfo} info @returns {string[]} */
const runnerOf = (info) => [
  ...parseOptions(info.getOptions()?.toJavaScript() ?? {}).nodeargs,
  RUNNER,
  sdkScript("run", info.getProgramDirectory()),
];

/**
 * Starts the process of a program before the program is to run, if none waits yet.
 * @param {import("@pulumi/pulumi/proto/language_pb.js").ProgramInfo} info
 * @returns {Prepared}
 */
export const prepareProgram = (info) => {
  const words = runnerOf(info);
  if (waiting && isDeepStrictEqual(waiting.words, words)) return waiting;
  if (waiting) stop(waiting.started.child);
  const started = startNode(words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const prepared = { words, started };
  waiting = prepared;
  const forget = () => {
    if (waiting === prepared) waiting = undefined;
  };
  started.end.then(forget, forget);
  return prepared;
};

/**
 * Runs a Pulumi program once, for a preview or an update, until it ends.
 * @param {import("@grpc/grpc-js").ServerUnaryCall<import("@pulumi/pulumi/proto/language_pb.js").RunRequest, unknown>} call
 * @param {string} engine the engine's address
 * @returns {Promise<import("@pulumi/pulumi/proto/language_pb.js").RunResponse>} with the error that the engine shows
 */
export const runProgram = async (call, engine) => {
  const request = call.request;
  const info = request.getInfo();
  const response = new language.RunResponse();
  if (!info) return withError(response, "the engine sent no program");
  const options = parseOptions(info.getOptions()?.toJavaScript() ?? {});

  const { child, end } = prepareProgram(info).started;
  waiting = undefined;
  call.once("cancelled", () => stop(child));
  /** @type {import("./runner.mjs").Run} */
  const run = {
    args: programArguments(request, engine),
    env: { ...typescriptEnvironment(options), ...configEnvironment(request) },
  };
  child.send(run, () => {}); // a process that ended before is told of below
  const { code, signal } = await end;
  if (code === 0) return response;
  if (code === EXIT_USER_WAS_TOLD) {
    response.setBail(true);
    return response;
  }
  return withError(
    response,
    signal ? `Program was ended by ${signal}` : `Program exited with non-zero exit code: ${code}`,
  );
};

/**
 * The command line of the SDK's `cmd/run`: flags, the program's entry point, the program's own arguments.
 * @param {import("@pulumi/pulumi/proto/language_pb.js").RunRequest} request
 * @param {string} engine
 * @returns {string[]}
 */
export const programArguments = (request, engine) => {
  const info = request.getInfo();
  /** @type {[string, string | undefined][]} */
  const flags = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engine],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info?.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", info?.getProgramDirectory()],
    ["parallel", String(request.getParallel())],
  ];
  return [
    ...flags.flatMap(([flag, value]) => (value ? [`--${flag}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
};

/**
 * What tells the SDK to compile TypeScript itself, and with which configuration.
 * @param {import("./options.mjs").RuntimeOptions} options
 * @returns {Record<string, string>}
 */
export const typescriptEnvironment = ({ typescript, tsconfig }) => ({
  ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
  ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
});

/** @param {import("@pulumi/pulumi/proto/language_pb.js").RunRequest} request @returns {Record<string, string>} */
const configEnvironment = (request) => ({
  PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
  PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
});

/** @param {import("@pulumi/pulumi/proto/language_pb.js").RunResponse} response @param {string} message */
const withError = (response, message) => {
  response.setError(message);
  return response;
};
