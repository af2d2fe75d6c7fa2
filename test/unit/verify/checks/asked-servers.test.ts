import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { $ } from "zx";
import type { HealthCheck } from "../../../../lab/index.ts";
import { udpScript } from "../../../../provision/roles/udp-script.ts";
import { dnsAnswer } from "../../../../verify/checks/dns-answer.ts";
import { smtpAnswer } from "../../../../verify/checks/smtp-answer.ts";
import { DNS_QUESTION, dnsEscapes, dnsMessage, dnsResponse } from "../../../../verify/live/dns-question.ts";
import { SMTP_QUESTION } from "../../../../verify/live/smtp-question.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { byCommand, subjectOn, type Verdict, verdictOf } from "./seeing.ts";

const live = await aLiveLab("health-checks");
const timers = { delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };

/** What od(1) prints of these bytes. */
const od = (hex: string): string => ` ${hex.replace(/../g, "$& ").trim()}\n`;
const NOERROR = "123485000001000000000000";

describe("dns-answer", () => {
  const subject = subjectOn(dnsAnswer, live.lab, "server2");
  const look = (answer: Answer) => dnsAnswer.look(new RecordedView(live, () => answer), subject);

  it.each<[string, Verdict, string, RegExp]>([
    ["an answer", "right", od(NOERROR), /^a query for A of www\.example\.org: RCODE 0 \(NOERROR\)$/],
    ["one that no such name exists", "wrong", od(NOERROR.replace("8500", "8503")), /RCODE 3 \(NXDOMAIN\)$/],
    ["one with a code of later", "wrong", od(NOERROR.replace("8500", "850b")), /RCODE 11$/],
    ["an answer to another query", "wrong", od(NOERROR.replace("1234", "1235")), /an answer that is no DNS response$/],
    ["the query itself", "wrong", od(NOERROR.replace("8500", "0100")), /an answer that is no DNS response$/],
    ["the page", "wrong", od(Buffer.from("server2\n").toString("hex")), /an answer that is no DNS response$/],
    ["nothing", "not there", "", /no answer$/],
    ["no od", "not there", "bash: line 1: od: command not found\n", /no answer$/],
  ])("%s: %s", async (_what, expected, answer, seen) => {
    const result = await look(answer);
    expect([verdictOf(result), result.seen]).toEqual([expected, expect.stringMatching(seen)]);
  });

  it("is about the real servers of services that are asked by DNS", () => {
    expect(dnsAnswer.subjects(live.lab).map(({ host, service }) => `${host} ${service.name}`)).toEqual([
      "server2 dns",
      "server3 dns",
    ]);
  });

  it.skipIf(spawnSync("perl", ["-e", "1"]).error !== undefined)(
    "is what the lab's own server gives, to the byte of the query",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "lvs-lab-dns-"));
      const socket = createSocket("udp4").bind(0, "127.0.0.2");
      await once(socket, "listening");
      const { port } = socket.address();
      // dd sends a newline in a label with the rest: bash writes line by line.
      const query = { type: "TXT", name: "ten-bytes-.example.org" } as const;
      const heard = once(socket, "message");
      const nobody = $({
        quiet: true,
        nothrow: true,
      })`bash -c ${DNS_QUESTION} ask 127.0.0.2 ${port} ${dnsEscapes(query)}`;
      expect((await heard)[0]).toEqual(dnsMessage(query));
      expect(dnsMessage(query).includes("\n")).toBe(true);
      expect(dnsResponse((await nobody).stdout)).toBeUndefined();
      socket.close();
      writeFileSync(join(directory, "server.pl"), udpScript({ addresses: ["172.25.254.12"], dns: true }));
      writeFileSync(join(directory, "page"), "server2\n");
      const server = spawn("perl", [join(directory, "server.pl"), join(directory, "page"), `127.0.0.2:${port}`]);
      try {
        const answered = async () =>
          dnsResponse(
            (
              await $({
                quiet: true,
                nothrow: true,
              })`bash -c ${DNS_QUESTION} ask 127.0.0.2 ${port} ${dnsEscapes(query)}`
            ).stdout,
          );
        await expect.poll(answered, { timeout: 10_000 }).toEqual({ code: 0, text: "RCODE 0 (NOERROR)" });
      } finally {
        server.kill();
        rmSync(directory, { recursive: true });
      }
    },
  );
});

describe("smtp-answer", () => {
  const subject = subjectOn(smtpAnswer, live.lab, "server2");
  const listener = (at: string) => `LISTEN 0 5 ${at}:25 0.0.0.0:* users:(("smtpd",pid=28,fd=8))\n`;
  const look = (answer: string, sockets = "") =>
    smtpAnswer.look(new RecordedView(live, byCommand({ timeout: answer, ss: sockets })), subject);
  const [greeting, helo] = ["220 server2 ESMTP OpenSMTPD", "250 server2 Hello [172.25.254.12], pleased to meet you"];

  it.each<[string, Verdict, string]>([
    ["a greeting and an answer", "right", `${greeting}\r\n${helo}\r\n221 2.0.0 Bye\r\n`],
    ["bare codes", "right", "220\n250\n"],
    ["a greeting of several lines, which keepalived refuses", "wrong", `220-server2\n${helo}\n`],
    ["an MTA that takes no mail", "wrong", "554 no\n"],
    ["a HELO that is refused", "wrong", `${greeting}\r\n501 5.5.4 Invalid domain name\r\n`],
    ["a greeting and then nothing", "wrong", `${greeting}\r\n`],
    ["nobody", "not there", ""],
  ])("%s: %s", async (_what, expected, answer) => {
    expect(verdictOf(await look(answer))).toBe(expected);
  });

  it("has a hint of its own where an MTA listens on the loopback alone", async () => {
    const result = await look("", listener("127.0.0.1"));
    expect(verdictOf(result)).toBe("wrong");
    expect(result.hint).toBe("smtpd listens on 127.0.0.1, and does not greet on 172.25.254.12.");
  });

  it("says HELO as the health check does", async () => {
    const named = (healthCheck: HealthCheck) =>
      smtpAnswer.byHand(live.lab, { ...subject, service: { ...subject.service, healthCheck } })[0];
    expect(named({ type: "smtp", ...timers })).toContain('"HELO smtpchecker.keepalived.org"');
    expect(named({ type: "smtp", heloName: "lab.example.org", ...timers })).toContain('"HELO lab.example.org"');
  });

  it("asks in the order of the protocol, and prints what comes", async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.write(`${greeting}\r\n`);
      socket.on("data", (data) => {
        heard.push(data.toString());
        socket.write(data.toString().startsWith("HELO") ? `${helo}\r\n` : "221 Bye\r\n");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const { stdout } = await $({ quiet: true })`bash -c ${SMTP_QUESTION} ask 127.0.0.1 ${port} lab.example.org`;
    server.close();
    expect(heard).toEqual(["HELO lab.example.org\r\n", "QUIT\r\n"]);
    expect(stdout).toBe(`${greeting}\r\n${helo}\r\n221 Bye\r\n`);
  });
});
