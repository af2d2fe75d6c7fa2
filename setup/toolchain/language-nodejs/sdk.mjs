// @ts-check
import { createRequire } from "node:module";
import { join } from "node:path";

const here = createRequire(import.meta.url);
const ofPulumi = createRequire(here.resolve("@pulumi/pulumi"));

/** gRPC and the generated protocol, in the very versions that the SDK of this checkout uses. */
export const grpc = /** @type {typeof import("@grpc/grpc-js")} */ (ofPulumi("@grpc/grpc-js"));
export const empty = /** @type {typeof import("google-protobuf/google/protobuf/empty_pb.js")} */ (
  ofPulumi("google-protobuf/google/protobuf/empty_pb.js")
);
export const language = /** @type {typeof import("@pulumi/pulumi/proto/language_pb.js")} */ (
  here("@pulumi/pulumi/proto/language_pb.js")
);
export const plugin = /** @type {typeof import("@pulumi/pulumi/proto/plugin_pb.js")} */ (
  here("@pulumi/pulumi/proto/plugin_pb.js")
);
export const { LanguageRuntimeService } =
  /** @type {{ LanguageRuntimeService: import("@grpc/grpc-js").ServiceDefinition }} */ (
    here("@pulumi/pulumi/proto/language_grpc_pb.js")
  );
/** @type {string} */
export const sdkVersion = here("@pulumi/pulumi/package.json").version;

/**
 * Finds one of the SDK's entry scripts as the program would: from the program's own folder.
 * @param {"run" | "run-plugin"} script
 * @param {string} programDirectory
 * @returns {string} its file
 * @throws {Error} when @pulumi/pulumi is not installed there
 */
export const sdkScript = (script, programDirectory) => {
  try {
    return createRequire(join(programDirectory, "package.json")).resolve(`@pulumi/pulumi/cmd/${script}`);
  } catch (cause) {
    throw new Error(`@pulumi/pulumi is not installed in ${programDirectory}: run \`npm ci\` there`, { cause });
  }
};
