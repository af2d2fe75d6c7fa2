import { describe, expect, it } from "vitest";
import { readLab } from "../../../../lab/index.ts";
import { httpdPage } from "../../../../verify/checks/httpd-page.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { byCommand, refused, see, type Verdict, verdict } from "./seeing.ts";

const debian = `\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">\n${"<p>It works!</p>\n".repeat(200)}`;
const local = "local 172.25.254.100 from 172.25.254.250 dev lo \\    cache <local> iif eth0 \n";
const OWN = "curl --silent --show-error --max-time 10 http://172.25.254.12:80/";
const VIP = "curl --silent --show-error --max-time 10 http://172.25.254.100:80/";
/** A line of ss(8). */
const socket = (at: string, program: string) =>
  `LISTEN 0      511          ${at}      0.0.0.0:*    users:(("${program}",pid=612,fd=3))\n`;
const sshd = socket("0.0.0.0:22", "sshd");

describe("a page", () => {
  it.each<[string, Verdict, Answer]>([
    ["its own page", "right", "server2\n"],
    ["its own page without a newline, as `echo -n` writes it", "right", "server2"],
    ["its own page with an empty line, as an editor leaves it", "right", "server2\n\n"],
    ["its own name in markup", "right", "<html>\n<h1> server2 </h1>\n</html>\n"],
    ["its own address", "right", "172.25.254.12\n"],
    ["another server's page", "wrong", "server3\n"],
    ["a page about both", "wrong", "<p>server2, not server3</p>"],
    ["an empty page", "wrong", ""],
    ["Debian's own page", "wrong", debian],
    ["an answer that breaks off", "wrong", { output: "server2\n", status: 18 }],
  ])("%s is %s", async (_what, expected, answer) => {
    expect(await verdict(httpdPage, "dr", "server2", byCommand({ curl: answer }))).toBe(expected);
  });

  it("is shown in a line where it is long, and told whose it is", async () => {
    const seen = await see(httpdPage, "dr", "server2", byCommand({ curl: debian }));
    expect(seen.seen.length).toBeLessThan(120);
    expect(seen.hint).toContain("must name server2");
    expect((await see(httpdPage, "dr", "server2", byCommand({ curl: "server3\n" }))).hint).toContain("server3's page");
  });

  it.each([
    ["Connection timed out after 10001 milliseconds", /neither taken nor refused: does a packet filter drop them\?$/],
    ["Operation timed out after 10001 milliseconds with 0 bytes received", /takes connections, .* its log tells why/],
  ])("that does not come, by curl's %j, has a hint of its own", async (said, hint) => {
    const answer = { output: `curl: (28) ${said}\n`, status: 28 };
    expect((await see(httpdPage, "dr", "server2", byCommand({ curl: answer }))).hint).toMatch(hint);
  });

  it("is asked for at the VIP where the web server listens there alone, or has another page there", async () => {
    const route = { "ip -oneline -4 route get": local };
    expect(await verdict(httpdPage, "dr", "server2", byCommand({ [OWN]: refused, [VIP]: "server2\n", ...route }))).toBe(
      "right",
    );
    expect(await verdict(httpdPage, "dr", "server2", byCommand({ [OWN]: debian, [VIP]: "server2\n", ...route }))).toBe(
      "right",
    );
    // Without the VIP, the director would answer.
    expect(await verdict(httpdPage, "dr", "server2", byCommand({ [OWN]: debian, [VIP]: "server2\n" }))).toBe("wrong");
  });
});

it("of a sorry server is its own, which names no real server", async () => {
  const live = await aLiveLab("ha");
  const lab = await readLab("labs/sorry-server.yaml");
  const subject = httpdPage.subjects(lab).find(({ host }) => host === "server5");
  if (!subject) throw new Error("the sorry server is no subject");
  const page = lab.services[0]?.sorryServer?.page ?? "";
  const seen = (answer: string) =>
    httpdPage.look(new RecordedView({ ...live, lab }, byCommand({ curl: answer })), subject);
  expect(page).not.toBe("");
  expect(await seen(page)).toMatchObject({ passed: true });
  expect(await seen("server2\n")).toMatchObject({ passed: false });
});

describe("no page", () => {
  const seen = (answers: Readonly<Record<string, Answer>>) =>
    see(httpdPage, "dr", "server2", byCommand({ curl: refused, ss: sshd, ...answers }));

  it.each<[string, Readonly<Record<string, Answer>>, object]>([
    ["there is no web server", {}, { started: false, seen: "no web server" }],
    [
      "there is a page, and nobody to serve it",
      { ls: "index.html\n" },
      { started: true, hint: expect.stringMatching(/Nobody listens on port 80.*service running/) },
    ],
    [
      "the web server listens on another port",
      { ss: sshd + socket("*:8080", "apache2") },
      { started: true, hint: expect.stringMatching(/apache2 listens on port 8080.*80/) },
    ],
    [
      "the web server listens on the loopback",
      { ss: sshd + socket("127.0.0.1:80", "nginx") },
      { started: true, hint: expect.stringContaining("nginx listens on 127.0.0.1 alone") },
    ],
  ])("%s", async (_what, answers, expected) => {
    expect(await seen(answers)).toMatchObject({ passed: false, ...expected });
  });
});
