import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * Messages from the provider to the terminal, through Pulumi's engine (`pulumirpc.Engine/Log`), which shows them in the resource's row.
 * Printing would break the provider's protocol or lose the resource.
 */
class EngineLog {
  #client: { log(request: unknown, done: (error: unknown) => void): void } | undefined;

  /** `address`: the last argument that Pulumi passes to a provider. */
  connect(address: string | undefined): void {
    if (!address) return;
    const grpc = require("@grpc/grpc-js");
    const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
    this.#client = new EngineClient(address, grpc.credentials.createInsecure());
  }

  /** A line that the next status replaces. */
  status(urn: string, message: string): void {
    this.#log(urn, message, "INFO", true);
  }

  warning(urn: string, message: string): void {
    this.#log(urn, message, "WARNING", false);
  }

  #log(urn: string, message: string, severity: "INFO" | "WARNING", ephemeral: boolean): void {
    if (!this.#client) return;
    const { LogRequest, LogSeverity } = require("@pulumi/pulumi/proto/engine_pb.js");
    const request = new LogRequest();
    request.setUrn(urn);
    request.setMessage(message);
    request.setSeverity(LogSeverity[severity]);
    request.setEphemeral(ephemeral);
    this.#client.log(request, () => {}); // the engine may have exited
  }
}

export const engineLog = new EngineLog();
