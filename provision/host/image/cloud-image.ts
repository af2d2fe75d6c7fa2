import { createHash } from "node:crypto";
import { mkdir, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../../paths.ts";
import { type BuildOptions, buildOnce, isBuilt, type Store } from "../build.ts";
import { sizesOfFiles } from "../manifest.ts";
import { sizeOfQcow2 } from "./qcow2.ts";

/** A cloud image in the cache. */
export interface CloudImage {
  /** Its absolute path: qcow2, to be used as a read-only backing file. */
  readonly disk: string;
  /** Size in bytes of the disk that a guest sees. */
  readonly virtualSize: number;
}

/** Which image it is: the checksum says what, the URL where it is to be had. */
export interface CloudImageSource {
  /** http or https. */
  readonly url: string;
  /** `sha256:` or `sha512:`, then lower-case hexadecimal digits. */
  readonly checksum: string;
}

/** Every cloud image of the cache, each in a directory named by its checksum: `sha512-HEX`. */
export const cloudImageStore = (): Store => ({
  directory: join(cacheRoot(), "cloud-images"),
  what: "a cloud image",
  measure: sizesOfFiles,
});

const DISK = "disk.qcow2";

export interface DownloadOptions extends BuildOptions {
  /** Seconds without a byte after which a download has failed. */
  patience?: number;
}

const nameOf = (checksum: string): string => checksum.replace(":", "-");

/** The cloud image with a checksum if it has been downloaded, and is whole. */
export async function cachedCloudImage(checksum: string): Promise<CloudImage | undefined> {
  const store = cloudImageStore();
  return (await isBuilt(store, nameOf(checksum))) ? describe(join(store.directory, nameOf(checksum))) : undefined;
}

/**
 * A cloud image, from the cache or downloaded there: the URL is not asked for what the cache has. Of concurrent processes one downloads and the
 * others wait for it. A download that was interrupted begins again, and leaves nothing that counts as an image.
 *
 * @throws Error with the URL and the reason: it cannot be reached, the file has another checksum, or it is no qcow2 image
 */
export async function downloadCloudImage(source: CloudImageSource, options: DownloadOptions = {}): Promise<CloudImage> {
  const directory = await buildOnce(
    {
      store: { ...cloudImageStore(), what: `the cloud image ${source.url}` },
      name: nameOf(source.checksum),
      build: (scratch) => downloadInto(scratch, source, options),
    },
    options,
  );
  return await describe(directory);
}

async function describe(directory: string): Promise<CloudImage> {
  const disk = join(directory, DISK);
  return { disk, virtualSize: await sizeOfQcow2(disk) };
}

async function downloadInto(
  scratch: string,
  { url, checksum }: CloudImageSource,
  options: DownloadOptions,
): Promise<void> {
  const [algorithm = "", wanted] = checksum.split(":");
  const draft = join(scratch, "download");
  const found = await download(url, draft, algorithm, options);
  if (found !== wanted)
    throw new Error(
      `The cloud image ${url} has another checksum than the lab file says.\n  wanted ${checksum}\n  found  ${algorithm}:${found}\n` +
        "Fix: if the file at the URL is meant, write what its publisher says, in SHA512SUMS beside a Debian image, into `image.checksum`. " +
        "A URL with `latest` in it leads to another file after each release: one with a date stays.",
    );
  await sizeOfQcow2(draft).catch((cause: Error) => {
    throw new Error(
      `The cloud image ${url} cannot be used: ${cause.message}.\n` +
        "Fix: take an image whose name ends in .qcow2, or make one: qemu-img convert -O qcow2 FILE FILE.qcow2",
      { cause },
    );
  });
  await mkdir(join(scratch, "result"));
  await rename(draft, join(scratch, "result", DISK));
}

/** Writes what a URL gives into a new file. @returns its digest in hexadecimal */
async function download(
  url: string,
  path: string,
  algorithm: string,
  { patience = 60, onProgress }: DownloadOptions,
): Promise<string> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(new Error(`nothing came for ${patience} s`)), patience * 1000);
  const file = await open(path, "wx");
  try {
    onProgress?.(`downloading ${url}`);
    const response = await fetch(url, { signal: giveUp.signal, headers: { "accept-encoding": "identity" } });
    if (!response.ok || response.body === null)
      throw new Error(`the server answers ${[response.status, response.statusText].filter(Boolean).join(" ")}`);
    const hash = createHash(algorithm);
    const size = Number(response.headers.get("content-length") ?? Number.NaN);
    const report = reporter(url, size, onProgress);
    let received = 0;
    for await (const chunk of response.body) {
      timer.refresh();
      hash.update(chunk);
      await file.writeFile(chunk);
      received += chunk.length;
      report(received);
    }
    if (received < size) throw new Error(`the connection ended after ${received} of ${size} bytes`);
    return hash.digest("hex");
  } catch (error) {
    throw new Error(
      `The cloud image ${url} could not be downloaded: ${reasonOf(error)}.\n` +
        "Fix: see that the URL is right and this machine reaches it (curl -LI URL), and run the command again.",
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    await file.close();
  }
}

/** Tells how far a download is, once a second at most. `size` is NaN where the server does not say. */
function reporter(url: string, size: number, onProgress: BuildOptions["onProgress"]): (received: number) => void {
  const name = new URL(url).pathname.split("/").at(-1) || url;
  let last = performance.now();
  return (received) => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    const whole = Number.isNaN(size) ? "" : ` of ${inMegabytes(size)}`;
    onProgress?.(`downloading ${name}: ${inMegabytes(received)}${whole} MB`);
  };
}

const inMegabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** fetch puts what happened into the cause of its error, which says "fetch failed" or "terminated" alone. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error & { code?: string } };
  if (cause === undefined) return message;
  return `${message}: ${cause.message || cause.code}`;
}
