import { once } from "node:events";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cloudImageStore } from "../../../provision/host/image/cloud-image.ts";
import type { CloudImage } from "./build.ts";

/** Where this user's cache has an image once a lab has downloaded it. */
export const cachedAt = ({ checksum }: CloudImage): string =>
  join(cloudImageStore().directory, checksum.replace(":", "-"));

/** Takes an image out of this user's cache, so that the next lab downloads it. */
export const forget = (image: CloudImage): Promise<void> => rm(cachedAt(image), { recursive: true, force: true });

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
