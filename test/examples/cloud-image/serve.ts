import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/** A web server on the loopback that has one image. */
export interface ServedImage {
  readonly url: string;
  /** How often it was asked for the image. */
  readonly requests: number;
  close(): void;
}

export async function serveImage(file: string): Promise<ServedImage> {
  let requests = 0;
  const server = createServer(async (_request, response) => {
    requests++;
    // A client that goes away is its own affair.
    await pipeline(createReadStream(file), response).catch(() => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian-12.qcow2`,
    get requests() {
      return requests;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
