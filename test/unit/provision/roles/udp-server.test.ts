import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { script } from "../../../../provision/roles/udp-server.ts";

/** Guests have Perl; the machine may not. */
const withPerl = it.skipIf(spawnSync("perl", ["-e", "1"]).error !== undefined);

withPerl(
  "answers every datagram with the page, from the address that was asked, also where there is no such address yet",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "lvs-lab-udp-"));
    const [program, page] = [join(directory, "udp-server.pl"), join(directory, "page")];
    writeFileSync(program, script);
    writeFileSync(page, "server2\n");
    const port = await freePort();
    // 198.51.100.1 is no address of any machine (RFC 5737).
    const server = spawn("perl", [program, page, `127.0.0.2:${port}`, `198.51.100.1:${port}`], { stdio: "pipe" });
    let said = "";
    server.stderr.on("data", (data) => (said += data));
    try {
      expect(await ask("127.0.0.2", port), said).toEqual({ text: "server2\n", from: "127.0.0.2" });
      writeFileSync(page, "another page");
      expect((await ask("127.0.0.2", port)).text).toBe("another page");
      expect(server.exitCode, said).toBeNull();
    } finally {
      server.kill();
      rmSync(directory, { recursive: true });
    }
  },
);

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.2");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

/** The answer to a datagram, which is sent again until there is one. */
async function ask(address: string, port: number): Promise<{ text: string; from: string }> {
  const socket = createSocket("udp4");
  const timer = setInterval(() => socket.send("?", port, address), 50);
  try {
    const [data, { address: from }] = (await once(socket, "message")) as [Buffer, { address: string }];
    return { text: data.toString(), from };
  } finally {
    clearInterval(timer);
    socket.close();
  }
}
