// @ts-check
/**
 * One gRPC call with an empty message: `node grpc-client.mjs HOST:PORT METHOD [UID] [leave]`. Prints "served", or how the server refused.
 * With UID it becomes that user first, after everything is loaded: that user need not be able to read the checkout.
 * With `leave` it ends as soon as the request is sent, and never reads an answer.
 */
import { connect } from "node:http2";

const [address, method, uid, leave] = process.argv.slice(2);
if (uid) {
  process.setgroups?.([]);
  process.setgid?.(Number(uid));
  process.setuid?.(Number(uid));
}

let connected = false;
/** @param {string} text */
const end = (text) => {
  console.log(text);
  process.exit(0);
};

const session = connect(`http://${address}`);
session.once("connect", () => {
  connected = true;
});
session.once("error", (error) => connected || end(`not connected: ${error.message}`));
session.once("close", () => end("closed without an answer"));
const stream = session.request({
  ":method": "POST",
  ":path": method,
  "content-type": "application/grpc",
  te: "trailers",
});
stream.on("error", () => {}); // the session says the same
for (const event of ["response", "trailers"])
  stream.on(event, (headers) => {
    const status = headers["grpc-status"];
    if (status !== undefined) end(status === "0" ? "served" : `status ${status}: ${headers["grpc-message"]}`);
  });
stream.resume();
// The message's frame: not compressed, 0 bytes.
stream.end(Buffer.alloc(5));
if (leave) setTimeout(() => end("left"), 300);
