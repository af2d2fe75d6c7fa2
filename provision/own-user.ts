import { createRequire } from "node:module";
import { LOOPBACK, listenForOwnUser } from "../setup/own-user.mjs";

const require = createRequire(import.meta.url);
/** The SDK's own copy of gRPC, which it serves with. */
const { Server } = createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as typeof import("@grpc/grpc-js");

/**
 * Restricts the SDK's gRPC servers to the user of this process. The SDK creates its server itself and accepts none from outside, so every
 * gRPC server of the process listens through `listenForOwnUser`. If the SDK listens in another way, the process exits.
 */
export async function serveOwnUserOnly(serve: () => Promise<void>): Promise<void> {
  let checked = false;
  Server.prototype.bindAsync = function (address, credentials, done) {
    if (address !== `${LOOPBACK}:0`)
      throw new Error(`a gRPC server may listen on ${LOOPBACK}:0 only, not on ${address}`);
    checked = true;
    listenForOwnUser(this, credentials).then(
      (port) => done(null, port),
      (error) => done(error, 0),
    );
  };
  await serve();
  if (checked) return;
  console.error("@pulumi/pulumi no longer listens through bindAsync of @grpc/grpc-js: other users could connect");
  process.exit(1);
}
