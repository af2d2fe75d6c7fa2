import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cloudImage } from "../../../../provision/host/cloud-image.ts";
import { cachedCloudImage, cloudImageStore, downloadCloudImage } from "../../../../provision/host/image/cloud-image.ts";
import { projectRoot } from "../../../../provision/paths.ts";

/** A qcow2 file of `size` bytes in the form of QEMU's docs/interop/qcow2.rst, as far as its header goes. */
function qcow2(fields: { size?: number; version?: number; backing?: number; crypt?: number; features?: number } = {}) {
  const { size = 300_000, version = 3, backing = 0, crypt = 0, features = 0 } = fields;
  const file = Buffer.alloc(size, "data");
  file.fill(0, 0, 112);
  file.write("QFI\xfb", 0, "latin1");
  file.writeUInt32BE(version, 4);
  file.writeBigUInt64BE(BigInt(backing), 8);
  file.writeBigUInt64BE(2n * 1024n ** 3n, 24);
  file.writeUInt32BE(crypt, 32);
  file.writeUInt32BE(features, 76);
  return file;
}

const image = qcow2();
const sum = (bytes: Buffer | string, algorithm = "sha512") =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;

let cache: string;
let server: Server;
let requests: number;
let answer: RequestListener;
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian-12.qcow2`;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "lvs-lab-cache-"));
  vi.stubEnv("LVS_LAB_CACHE", cache);
  requests = 0;
  answer = (_request, response) => void response.end(image);
  server = createServer((request, response) => {
    requests++;
    void answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** What the store has beside its lock. */
const kept = async () =>
  (existsSync(cloudImageStore().directory) ? await readdir(cloudImageStore().directory) : []).filter(
    (name) => name !== ".lock",
  );

const failure = async (checksum = sum(image), patience?: number): Promise<string> => {
  const error = await downloadCloudImage({ url: url(), checksum }, { patience }).then(
    () => expect.fail("it was downloaded"),
    (thrown: Error) => thrown,
  );
  expect(await kept()).toEqual([]);
  return error.message;
};

describe("a cloud image", () => {
  it.each(["sha256", "sha512"])("is downloaded once, by its %s, and its disk's size is known", async (algorithm) => {
    const checksum = sum(image, algorithm);
    expect(await cachedCloudImage(checksum)).toBeUndefined();
    const said: string[] = [];
    const made = await downloadCloudImage({ url: url(), checksum }, { onProgress: (message) => said.push(message) });
    expect(made.virtualSize).toBe(2 * 1024 ** 3);
    expect((await readFile(made.disk)).equals(image)).toBe(true);
    expect(said).toEqual([`downloading ${url()}`]);
    expect(await kept()).toEqual([checksum.replace(":", "-")]);
    expect(await downloadCloudImage({ url: url(), checksum })).toEqual(made);
    expect(await cachedCloudImage(checksum)).toEqual(made);
    expect(requests).toBe(1);
  });

  it("says how far a long download is", async () => {
    answer = async (_request, response) => {
      response.writeHead(200, { "content-length": 4e6 });
      response.write(image);
      await delay(1100);
      response.end(Buffer.alloc(4e6 - image.length));
    };
    const checksum = sum(Buffer.concat([image, Buffer.alloc(4e6 - image.length)]));
    const said: string[] = [];
    await downloadCloudImage({ url: url(), checksum }, { onProgress: (message) => said.push(message) });
    expect(said[1]).toMatch(/^downloading debian-12\.qcow2: \d of 4 MB$/);
  });

  it("of the cache needs no server", async () => {
    const source = { url: url(), checksum: sum(image) };
    const made = await downloadCloudImage(source);
    server.close();
    server.closeAllConnections();
    expect(await downloadCloudImage(source)).toEqual(made);
    expect(await downloadCloudImage({ ...source, url: "http://127.0.0.1:9/elsewhere" })).toEqual(made);
  });

  it("that is damaged in the cache is downloaded anew", async () => {
    const source = { url: url(), checksum: sum(image) };
    const { disk } = await downloadCloudImage(source);
    await truncate(disk, 1000);
    expect(await cachedCloudImage(source.checksum)).toBeUndefined();
    await downloadCloudImage(source);
    expect((await readFile(disk)).equals(image)).toBe(true);
    expect(requests).toBe(2);
  });

  it("that two ask for at once is downloaded by one", async () => {
    answer = async (_request, response) => {
      await delay(300);
      response.end(image);
    };
    const source = { url: url(), checksum: sum(image) };
    const [one, other] = await Promise.all([downloadCloudImage(source), downloadCloudImage(source)]);
    expect(one).toEqual(other);
    expect(requests).toBe(1);
  });

  it("is found behind a redirection", async () => {
    answer = ({ url: path }, response) => {
      if (path === "/mirror") response.end(image);
      else response.writeHead(302, { location: "/mirror" }).end();
    };
    expect((await downloadCloudImage({ url: url(), checksum: sum(image) })).virtualSize).toBe(2 * 1024 ** 3);
    expect(requests).toBe(2);
  });
});

describe("what is not the image leaves nothing, and the error says why", () => {
  it("another checksum", async () => {
    const wanted = sum("another file", "sha256");
    const message = await failure(wanted);
    expect(message).toContain(`The cloud image ${url()} has another checksum than the lab file says.`);
    expect(message).toContain(`wanted ${wanted}\n`);
    expect(message).toContain(`found  ${sum(image, "sha256")}\n`);
    expect(message).toContain("SHA512SUMS");
  });

  it("half the file, by the server's own account", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "content-length": image.length });
      response.write(image.subarray(0, 1000), () => response.destroy());
    };
    expect(await failure()).toMatch(
      /^The cloud image http:\S+ could not be downloaded: (terminated: |the connection ended)/,
    );
  });

  it("half the file, from a server that does not say how much there is", async () => {
    answer = (_request, response) => void response.end(image.subarray(0, 1000));
    expect(await failure()).toContain("has another checksum");
  });

  it.each([404, 503])("status %i", async (status) => {
    answer = (_request, response) => void response.writeHead(status).end("no image here");
    expect(await failure()).toMatch(
      new RegExp(`^The cloud image http:\\S+ could not be downloaded: the server answers ${status} `),
    );
  });

  it("nobody at the URL", async () => {
    const gone = url();
    server.close();
    await once(server, "close");
    await expect(downloadCloudImage({ url: gone, checksum: sum(image) })).rejects.toThrow(
      /could not be downloaded: fetch failed: .*ECONNREFUSED/,
    );
    expect(await kept()).toEqual([]);
  });

  it("a server that says no more", async () => {
    answer = (_request, response) => void response.write(image.subarray(0, 1000));
    expect(await failure(sum(image), 0.3)).toContain("could not be downloaded: nothing came for 0.3 s");
  });

  it("a server that says nothing at all", async () => {
    answer = () => {};
    expect(await failure(sum(image), 0.3)).toContain("could not be downloaded: nothing came for 0.3 s");
  });

  it.each([
    ["a page", Buffer.from("<!doctype html><p>Moved"), 'no qcow2 image: it begins with "<!doctype html><p>Moved"'],
    ["an empty file", Buffer.alloc(0), "no qcow2 image: it begins with nothing: it is empty"],
    ["a raw disk", Buffer.alloc(1000, 0xeb), "no qcow2 image: it begins with the bytes ebebebebebebebeb"],
    ["a header without an end", qcow2().subarray(0, 60), "no qcow2 image: it begins with the bytes 514649fb00000003"],
    ["the first version's", qcow2({ version: 1 }), "no qcow2 image"],
    ["an image over another file", qcow2({ backing: 104 }), "needs another file"],
    ["an image whose data is elsewhere", qcow2({ features: 4 }), "needs another file"],
    ["an encrypted image", qcow2({ crypt: 2 }), "encrypted"],
  ])("%s", async (_what, bytes, reason) => {
    answer = (_request, response) => void response.end(bytes);
    const message = await failure(sum(bytes));
    expect(message).toContain(`The cloud image ${url()} cannot be used: it is `);
    expect(message).toContain(reason);
    expect(message).toContain("qemu-img convert -O qcow2");
  });
});

it("a version 2 image has no feature bits: what is there instead is data", async () => {
  const bytes = qcow2({ version: 2, features: 4 });
  answer = (_request, response) => void response.end(bytes);
  expect((await downloadCloudImage({ url: url(), checksum: sum(bytes) })).virtualSize).toBe(2 * 1024 ** 3);
});

it("a download that was killed begins again, and its remains go", async () => {
  const source = { url: url(), checksum: sum(image) };
  answer = (_request, response) => {
    response.writeHead(200, { "content-length": image.length });
    response.write(image.subarray(0, 1000));
  };
  const program = `import { downloadCloudImage } from "./provision/host/image/cloud-image.ts";
    await downloadCloudImage(${JSON.stringify(source)});`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], {
    cwd: projectRoot,
    stdio: "inherit",
  });
  const draft = join(cloudImageStore().directory, ".building/download");
  await vi.waitFor(async () => expect((await readFile(draft)).length).toBe(1000), { timeout: 30_000, interval: 50 });
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await kept()).toEqual([".building"]);
  expect(await cachedCloudImage(source.checksum)).toBeUndefined();
  answer = (_request, response) => void response.end(image);
  const { disk } = await downloadCloudImage(source);
  expect((await readFile(disk)).equals(image)).toBe(true);
  expect(await kept()).toEqual([source.checksum.replace(":", "-")]);
});

describe("the resource", () => {
  const inputs = () => ({ url: url(), checksum: sum(image) });

  it("is there once it is downloaded, and missing when the cache is emptied", async () => {
    expect(await cloudImage.observe(inputs(), () => {})).toBeUndefined();
    const made = await cloudImage.apply(inputs(), undefined, () => {});
    expect(made).toMatchObject({ checksum: sum(image), virtualSize: 2 * 1024 ** 3 });
    expect(await cloudImage.observe(inputs(), () => {})).toEqual(made);
    await rm(cloudImageStore().directory, { recursive: true });
    expect(await cloudImage.observe(inputs(), () => {})).toBeUndefined();
  });

  it("stays in the cache, which other labs share, when it is removed", async () => {
    await cloudImage.apply(inputs(), undefined, () => {});
    await cloudImage.remove(inputs(), () => {});
    expect(await cloudImage.observe(inputs(), () => {})).toBeDefined();
  });

  it.each([
    ["a URL of a file", { url: "file:///etc/passwd" }],
    ["a checksum without an algorithm", { checksum: "ab".repeat(32) }],
    ["a checksum of the wrong length", { checksum: `sha512:${"ab".repeat(32)}` }],
  ])("does not take %s", (_what, change) => {
    const schema = cloudImage.where.extend(cloudImage.want.shape);
    expect(schema.safeParse({ url: "https://example.org/a", checksum: sum("") }).success).toBe(true);
    expect(schema.safeParse({ url: "https://example.org/a", checksum: sum(""), ...change }).success).toBe(false);
  });
});
