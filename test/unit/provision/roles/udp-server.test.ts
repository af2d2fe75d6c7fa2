import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseLab, serverNamed } from "../../../../lab/index.ts";
import { roleInputs } from "../../../../provision/roles/index.ts";
import { script, udpServer } from "../../../../provision/roles/udp-server.ts";
import { UDP_QUESTION } from "../../../../verify/live/udp-question.ts";

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

withPerl("answers in both families, and the question of the checks is one in both", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lvs-lab-udp-"));
  const [program, page] = [join(directory, "udp-server.pl"), join(directory, "page")];
  writeFileSync(program, script);
  writeFileSync(page, "server2\n");
  const port = await freePort();
  // 2001:db8::1 is no address of any machine (RFC 3849).
  const places = [`127.0.0.2:${port}`, `[::1]:${port}`, `[2001:db8::1]:${port}`];
  const server = spawn("perl", [program, page, ...places], { stdio: "pipe" });
  let said = "";
  server.stderr.on("data", (data) => (said += data));
  const asked = (address: string) =>
    spawnSync("bash", [
      "-c",
      `for try in $(seq 50); do answer=$(bash -c "$1" ask "$2" "$3" 0.1 2>/dev/null) && break; sleep 0.05; done; echo "$answer"`,
      "ask",
      UDP_QUESTION,
      address,
      `${port}`,
    ]);
  try {
    for (const address of ["127.0.0.2", "::1"])
      expect(asked(address).stdout.toString(), `${address}: ${said}`).toBe("server2\n");
    expect(server.exitCode, said).toBeNull();
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
});

it("is on the real server's addresses of both families, and on an IPv6 VIP", () => {
  const lab = parseLab(
    `control: ipvsadm
networks: [{ subnets: [172.25.254.0/24, "fd00:254::/64"] }]
services: [{ vip: "fd00:254::100", port: 5353, protocol: udp }]
servers:
  - { name: server1, addresses: [172.25.254.11, "fd00:254::11"], role: director }
  - { name: server2, addresses: [172.25.254.12, "fd00:254::12"], role: real-server }
`,
    "lab.yaml",
  );
  const inputs = roleInputs(lab, serverNamed(lab, "server2")).udpServer;
  expect(inputs?.addresses).toEqual(["172.25.254.12", "fd00:254::12", "fd00:254::100"]);
  expect(udpServer.want.safeParse(inputs).error).toBeUndefined();
});

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
