import { describe, expect, it } from "vitest";
import { keepalivedConfig } from "../../../../verify/checks/keepalived-config.ts";
import { keepalivedLog } from "../../../../verify/checks/keepalived-log.ts";
import { mailReady } from "../../../../verify/checks/mail.ts";
import { type Answer, aLiveLab, RecordedView } from "../a-live-lab.ts";
import { dataOf } from "../keepalived-data.ts";
import { withTwoInstances } from "../other-labs.ts";
import { byCommand, RUNS, see, subjectOn, type Verdict, verdict, verdictOf } from "./seeing.ts";

describe("mail", () => {
  const greeting = "220 server1 ESMTP OpenSMTPD\n";
  const closed = { output: "bash: connect: Connection refused\n", status: 1 };
  const listening = (address: string, program = "smtpd") =>
    `LISTEN 0      5      ${address}:25      0.0.0.0:*    users:(("${program}",pid=700,fd=9))\n`;
  const none = { output: "", status: 1 };
  /** Whether there is a command, what the MTA says on the loopback, what the client gets, who listens. */
  const mail = ({
    command = "/usr/bin/mail\n" as Answer,
    greets = greeting,
    client = closed as Answer,
    ss = listening("127.0.0.1"),
  } = {}) => see(mailReady, "ha", "server1", byCommand({ "bash -c": command, for: greets, timeout: client, ss }));

  it.each<[string, Verdict, Parameters<typeof mail>[0]]>([
    ["a command, and an MTA on the loopback", "right", {}],
    [
      "another command, and another MTA's greeting",
      "right",
      { command: "/usr/bin/s-nail\n", greets: "220-mx.example.org ESMTP\n220 go on\n" },
    ],
    ["an MTA on all addresses, which a packet filter hides", "right", { ss: listening("0.0.0.0") }],
    ["an MTA that all can reach", "wrong", { client: "" }],
    ["an MTA that does not greet", "wrong", { greets: "" }],
    ["no MTA", "wrong", { greets: "", ss: "" }],
    ["no command", "wrong", { command: none }],
    ["neither", "not there", { command: none, greets: "", ss: "" }],
  ])("%s is %s", async (_what, expected, there) => {
    expect(verdictOf(await mail(there))).toBe(expected);
  });

  it.each<[Parameters<typeof mail>[0], RegExp]>([
    [{ client: "", ss: listening("0.0.0.0", "master") }, /^master listens on 0\.0\.0\.0, and others can submit mail/],
    [{ greets: "", ss: "" }, /No MTA listens on port 25/],
    [{ command: none }, /no command that reads mail/],
  ])("the hint for %j says what is wrong", async (there, hint) => {
    expect((await mail(there)).hint).toMatch(hint);
  });
});

describe("keepalived-log", () => {
  const log = (state: string, line: string) =>
    byCommand({
      ...(state === "running" ? { pgrep: RUNS } : { "systemctl is-active": { output: `${state}\n`, status: 3 } }),
      journalctl: line,
    });

  it.each<[string, string, string, Verdict]>([
    ["server1", "running", "(VI_1) Entering MASTER STATE\n", "right"],
    ["server1", "running", "(web) Entering MASTER STATE\n", "right"],
    ["server4", "running", "(VI_1) Entering BACKUP STATE (init)\n", "right"],
    ["server4", "running", "(VI_1) Entering BACKUP STATE\n", "right"],
    ["server1", "running", "(VI_1) Entering BACKUP STATE\n", "wrong"],
    ["server4", "running", "(VI_1) Entering MASTER STATE\n", "wrong"],
    ["server1", "running", "(VI_1) Entering FAULT STATE\n", "wrong"],
    ["server1", "inactive", "(VI_1) Entering MASTER STATE\n", "wrong"],
    ["server1", "failed", "", "wrong"],
    ["server1", "running", "", "wrong"],
    ["server1", "inactive", "", "not there"],
  ])("of %s, %s, with %j is %s", async (host, state, line, expected) => {
    expect(await verdict(keepalivedLog, "ha", host, log(state, line))).toBe(expected);
  });

  it("names the interface where keepalived cannot use its own", async () => {
    const seen = await see(keepalivedLog, "ha", "server1", log("running", "(VI_1) Entering FAULT STATE\n"));
    expect(seen.hint).toMatch(/FAULT: .* eth0\.$/);
  });

  it.each<[string, Answer, Verdict, string]>([
    ["the lab's", dataOf({ name: "VI_2", id: 52, state: "BACKUP" }), "right", "running; last: Entering BACKUP STATE"],
    ["another one", dataOf({ name: "VI_2", id: 52, state: "MASTER" }), "wrong", "running; last: Entering MASTER STATE"],
    ["that of another instance", dataOf({ name: "VI_1", id: 51, state: "BACKUP" }), "wrong", "running; last: nothing"],
    ["nothing, for it does not answer", { output: "", status: 1 }, "wrong", "running; last: nothing"],
  ])("asks keepalived for the state of an instance that its log does not name: %s", async (_, data, expected, seen) => {
    const ha = await aLiveLab("ha");
    const lab = withTwoInstances(ha.lab);
    // As after a reload with another name: the log has the earlier one.
    const log = (command: string) => (command.includes("VI_2") ? "" : "(VI_1) Entering MASTER STATE\n");
    const view = new RecordedView({ ...ha, lab }, (_where, command) =>
      byCommand({ pgrep: RUNS, journalctl: log(command), "pid=": data })(_where, command),
    );
    const subject = keepalivedLog.subjects(lab).find(({ host, instance }) => host === "server1" && instance.id === 52);
    if (!subject) throw new Error("the second instance is not looked at");
    const found = await keepalivedLog.look(view, subject);
    expect([verdictOf(found), found.seen]).toEqual([expected, seen]);
  });

  it.each<["MASTER" | "BACKUP", Verdict]>([
    ["MASTER", "right"],
    ["BACKUP", "wrong"],
  ])(
    "believes keepalived rather than the last line, which may be of an instance that a reload took away: %s",
    async (state, expected) => {
      const answers = { pgrep: RUNS, journalctl: "(VI_2) Entering BACKUP STATE\n", "pid=": dataOf({ state }) };
      expect(await verdict(keepalivedLog, "ha", "server1", byCommand(answers))).toBe(expected);
    },
  );

  it("does not ask a keepalived that does not run", async () => {
    const view = new RecordedView(await aLiveLab("ha"), log("inactive", ""));
    await keepalivedLog.look(view, subjectOn(keepalivedLog, view.lab, "server1"));
    expect(view.evidence.map(({ command }) => command.split(" ")[0])).toEqual(["pgrep", "systemctl", "journalctl"]);
  });

  it("tells the instances of a director apart", async () => {
    const ha = await aLiveLab("ha");
    const lab = withTwoInstances(ha.lab);
    const states: Record<string, string> = { server1: "MASTER BACKUP", server4: "BACKUP MASTER" };
    const view = new RecordedView({ ...ha, lab }, (where, command) => {
      if (command.startsWith("pgrep")) return RUNS;
      const [ofFirst, ofSecond] = states[where]?.split(" ") ?? [];
      const lines = [`(VI_1) Entering ${ofFirst} STATE`, `(VI_2) Entering ${ofSecond} STATE`];
      return `${lines.findLast((line) => !/\(VI_\d\)/.test(command) || command.includes(line.slice(0, 6))) ?? ""}\n`;
    });
    const verdicts: Verdict[] = [];
    for (const subject of keepalivedLog.subjects(lab))
      verdicts.push(verdictOf(await keepalivedLog.look(view, subject)));
    expect(verdicts).toEqual(["right", "right", "right", "right"]);
  });
});

describe("keepalived-config", () => {
  it.each([
    ["", "keepalived -t"],
    [RUNS, "keepalived -t"],
    ["612 /usr/sbin/keepalived --dont-fork -f /root/my.conf\n", "keepalived -t -f /root/my.conf"],
    ["612 /usr/sbin/keepalived --use-file=/etc/other.conf -D\n", "keepalived -t -f /etc/other.conf"],
    [
      "612 keepalived --use-file /etc/other.conf\n613 keepalived --use-file /etc/other.conf\n",
      "keepalived -t -f /etc/other.conf",
    ],
    ["600 keepalived -t -f /tmp/new.conf\n", "keepalived -t"],
    [`600 keepalived -t -f /tmp/new.conf\n${RUNS}`, "keepalived -t"],
  ])("where %j runs, tests the file of the keepalived that stays", async (pgrep, tested) => {
    const ha = await aLiveLab("ha");
    const view = new RecordedView(ha, byCommand({ pgrep }));
    expect(await keepalivedConfig.look(view, subjectOn(keepalivedConfig, ha.lab, "server1"))).toMatchObject({
      passed: true,
    });
    expect(view.evidence.at(-1)?.command).toBe(tested);
  });
});
