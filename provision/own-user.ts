import { createRequire } from "node:module";
import { LOOPBACK, listenForOwnUser } from "../setup/own-user.mjs";

const require = createRequire(import.meta.url);
/** The SDK's own copy of gRPC: it serves with this one. */
const { Server } = createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as typeof import("@grpc/grpc-js");

/**
 * Makes the SDK serve the user of this process only. The SDK creates its gRPC server itself and accepts none from outside, so every gRPC
 * server of the process is made to listen through `listenForOwnUser`. An SDK that listens in another way ends the process.
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
  console.error("@pulumi/pulumi no longer listens through bindAsync of @grpc/grpc-js: other users would be served");
  process.exit(1);
}
