import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { $ } from "zx";
import type { HealthCheck } from "../../../../lab/index.ts";
import { httpdHang } from "../../../../verify/faults/httpd-hang.ts";
import { httpdStop } from "../../../../verify/faults/httpd-stop.ts";
import { mtaStop } from "../../../../verify/faults/mta-stop.ts";
import { portsInWords, refusing } from "../../../../verify/faults/web-server.ts";
import { LabError } from "../../../../verify/live/lab-error.ts";
import { aLiveLab } from "../../../unit/verify/a-live-lab.ts";
import { withService } from "../../../unit/verify/other-labs.ts";
import { aServer, ScriptedView } from "./scripted.ts";

/**
 * A server's programs as scripts, on files of a directory: `ss` prints the file `ss`, where each line is one process that listens; a unit's
 * processes leave it when systemctl stops the unit, and come back when it starts it.
 */
const programs: Readonly<Record<string, string>> = {
  ss: 'case $* in *--udp*) cat "$DIR/ss.udp" ;; *) cat "$DIR/ss" ;; esac',
  ps: `case $* in
-o\\ unit=*) grep "^$4 " "$DIR/units" | cut -d ' ' -f 2 || true ;;
-o\\ comm=*) grep "^$4 " "$DIR/comms" 2>/dev/null | cut -d ' ' -f 2 ;;
-o\\ stat=*) for pid in \${4//,/ }; do cat "$DIR/stat.$pid"; done ;;
esac`,
  systemctl: `case $1 in
show) for unit; do :; done; grep "^$unit $3 " "$DIR/properties" | cut -d ' ' -f 3 ;;
is-enabled | --quiet) grep -q enabled "$DIR/apache2" ;;
stop) echo "stop $2" >>"$DIR/log"
  for file in ss ss.udp; do
    [ -e "$DIR/$file" ] || continue
    ! grep -q "unit=$2$" "$DIR/$file" || grep "unit=$2$" "$DIR/$file" >"$DIR/stopped.$2"
    grep -v "unit=$2$" "$DIR/$file" >"$DIR/ss.new"; mv "$DIR/ss.new" "$DIR/$file"
  done ;;
start) echo "start $2" >>"$DIR/log"; file=ss; ! grep -q UNCONN "$DIR/stopped.$2" || file=ss.udp; cat "$DIR/stopped.$2" >>"$DIR/$file" ;;
kill) echo "kill $2 $3" >>"$DIR/log" ;;
esac`,
  nft: `case $* in
--file*) cat >"$DIR/table"; echo "refuse" >>"$DIR/log" ;;
list*) test -e "$DIR/table" ;;
delete*) rm "$DIR/table"; echo "accept" >>"$DIR/log" ;;
esac`,
};

let directory: string;
const MOVED = ["/run/lvs-lab"];

const live = await aLiveLab("dr");
const udp = { ...live, lab: withService(live.lab, { protocol: "udp" }) };
const site = () => ({ view: new ScriptedView(live, directory, MOVED), server: "server2" });
const file = async (name: string): Promise<string> => await readFile(join(directory, name), "utf8").catch(() => "");
const log = async () => (await file("log")).trim().split("\n").filter(Boolean);

/** A process that listens on port 80: its program, its PID and the unit that it is in. */
const listens = (program: string, pid: number, unit: string): string =>
  `LISTEN 0 511 *:80 *:* users:(("${program}",pid=${pid},fd=4)) unit=${unit}\n`;

/** Puts these processes on the server; a unit's main process and whether it is transient come from `units`. */
async function running(
  processes: readonly (readonly [program: string, pid: number, unit: string])[],
  units: Readonly<Record<string, readonly [main: number, transient: "yes" | "no"]>> = {},
): Promise<void> {
  await writeFile(join(directory, "ss"), processes.map(([...one]) => listens(...one)).join(""));
  await writeFile(join(directory, "units"), processes.map(([, pid, unit]) => `${pid} ${unit}\n`).join(""));
  const properties = Object.entries(units).map(
    ([unit, [main, transient]]) => `${unit} MainPID ${main}\n${unit} Transient ${transient}\n`,
  );
  await writeFile(join(directory, "properties"), properties.join(""));
}

beforeEach(async () => {
  directory = await aServer(programs);
  await mkdir(join(directory, "run"));
  await writeFile(join(directory, "apache2"), "enabled");
});

const there = async (fault: typeof httpdStop | typeof httpdHang) => (await fault.present(site(), {})).there;

describe("a stand-in", () => {
  const ports = { tcp: [80, 9000], udp: [53] };
  const standIns = [
    { name: "real1", interfaces: [], ports },
    { name: "quiet", interfaces: [], ports: { tcp: [], udp: [] } },
  ];
  const lab = { ...live.lab, standIns };
  const on = { view: new ScriptedView({ ...live, lab }, "", []), server: "real1" };

  it("is broken on all ports on which it answers, also those that health checks alone ask", () => {
    expect(portsInWords(on)).toBe("port 80, 9000, UDP port 53");
    expect(refusing(on, { tcp: "tcp dport", udp: "udp dport" })).toBe(
      "tcp dport { 80, 9000 } reject with tcp reset; udp dport { 53 } reject;",
    );
    expect(httpdStop.targets(lab)).toContain("real1");
    expect(httpdStop.targets(lab)).not.toContain("quiet");
  });
});

describe("httpd-stop", () => {
  it.each(["apache2", "nginx", "lighttpd"])("stops %s by its unit, and starts it again", async (program) => {
    const unit = `${program}.service`;
    await running(
      [
        [program, 701, unit],
        [program, 700, unit],
      ],
      { [unit]: [700, "no"] },
    );
    expect(await there(httpdStop)).toBe(false);
    await httpdStop.inject(site(), {});
    expect(await there(httpdStop)).toBe(true);
    await httpdStop.heal(site(), {});
    expect(await there(httpdStop)).toBe(false);
    expect(await log()).toEqual([`stop ${unit}`, `start ${unit}`]);
  });

  it.each<[string, string, Record<string, readonly [number, "yes" | "no"]>]>([
    ["by hand, over SSH", "ssh.service", { "ssh.service": [400, "no"] }],
    ["by hand, in a session", "session-3.scope", {}],
    ["by cron", "cron.service", { "cron.service": [500, "no"] }],
    ["by systemd-run, whose unit ends with it", "run-u7.service", { "run-u7.service": [900, "yes"] }],
    ["by nothing that is known", "-", {}],
  ])("refuses the port of one that was started %s, and lets it go on", async (_what, unit, units) => {
    await running([["python3", 900, unit]], units);
    await httpdStop.inject(site(), {});
    expect(await there(httpdStop)).toBe(true);
    expect(await file("table")).toContain("tcp dport { 80 } reject with tcp reset");
    await httpdStop.heal(site(), {});
    expect(await there(httpdStop)).toBe(false);
    expect(await log()).toEqual(["refuse", "accept"]);
  });

  it("stops the server of a UDP service, and nobody who listens on the TCP port of its number", async () => {
    const there = async () => (await httpdStop.present(onUdp, {})).there;
    const onUdp = { view: new ScriptedView(udp, directory, MOVED), server: "server2" };
    const unit = "lvs-udp-server.service";
    await running([["apache2", 600, "apache2.service"]], { "apache2.service": [600, "no"] });
    await writeFile(
      join(directory, "ss.udp"),
      `UNCONN 0 0 0.0.0.0:80 0.0.0.0:* users:(("perl",pid=700,fd=3)) unit=${unit}\n`,
    );
    await writeFile(join(directory, "units"), `600 apache2.service\n700 ${unit}\n`);
    await writeFile(join(directory, "properties"), `${unit} MainPID 700\n${unit} Transient no\n`);
    expect(await there()).toBe(false);
    await httpdStop.inject(onUdp, {});
    expect(await there()).toBe(true);
    await httpdStop.heal(onUdp, {});
    expect(await there()).toBe(false);
    expect(await log()).toEqual([`stop ${unit}`, `start ${unit}`]);
    // One that was started by hand: its port is refused.
    await writeFile(join(directory, "units"), "700 session-3.scope\n");
    await httpdStop.inject(onUdp, {});
    expect(await file("table")).toContain("{ type filter hook input priority 0; udp dport { 80 } reject; }");
    expect(await there()).toBe(true);
    await httpdStop.heal(onUdp, {});
    expect(await there()).toBe(false);
  });

  it("does both where a unit and another process listen", async () => {
    await running(
      [
        ["nginx", 700, "nginx.service"],
        ["haproxy", 900, "-"],
      ],
      { "nginx.service": [700, "no"] },
    );
    await httpdStop.inject(site(), {});
    await httpdStop.heal(site(), {});
    expect(await log()).toEqual(["stop nginx.service", "refuse", "accept", "start nginx.service"]);
  });

  it("twice is once: what ran is remembered from the first time", async () => {
    await running([["nginx", 700, "nginx.service"]], { "nginx.service": [700, "no"] });
    await httpdStop.inject(site(), {});
    await httpdStop.inject(site(), {});
    await httpdStop.heal(site(), {});
    expect((await log()).at(-1)).toBe("start nginx.service");
    expect(await there(httpdStop)).toBe(false);
  });

  it("starts nothing that did not run", async () => {
    await running([]);
    await httpdStop.inject(site(), {});
    await httpdStop.heal(site(), {});
    expect((await log()).filter((line) => line.startsWith("start"))).toEqual([]);
    // Nobody listens on the port, but it may be redirected.
    expect(await log()).toEqual(["refuse", "accept"]);
  });

  it("healed without a memory, after a reboot or from an earlier version, starts what is enabled and does not run", async () => {
    await running([]);
    await writeFile(join(directory, "stopped.apache2"), listens("apache2", 700, "apache2.service"));
    await httpdStop.heal(site(), {});
    expect(await log()).toEqual(["start apache2"]);
    await httpdStop.heal(site(), {});
    expect(await log()).toEqual(["start apache2"]);
    await running([]);
    await writeFile(join(directory, "apache2"), "disabled");
    await httpdStop.heal(site(), {});
    expect(await log()).toEqual(["start apache2"]);
  });

  it("that cannot start it again says so, and tries again", async () => {
    await running([["nginx", 700, "nginx.service"]], { "nginx.service": [700, "no"] });
    await httpdStop.inject(site(), {});
    await rm(join(directory, "stopped.nginx.service"));
    await expect(httpdStop.heal(site(), {})).rejects.toThrow(LabError);
    await writeFile(join(directory, "stopped.nginx.service"), listens("nginx", 701, "nginx.service"));
    await httpdStop.heal(site(), {});
    expect(await there(httpdStop)).toBe(false);
  });
});

describe("mta-stop", () => {
  const unit = "opensmtpd.service";
  const smtpd = (pid: number): string =>
    `LISTEN 0 5 0.0.0.0:25 0.0.0.0:* users:(("smtpd",pid=${pid},fd=8)) unit=${unit}\n`;
  const mtaThere = async () => (await mtaStop.present(site(), {})).there;

  it("stops OpenSMTPD, of which another process listens than the unit's main one, and starts it again", async () => {
    await running([], { [unit]: [23, "no"] });
    await writeFile(join(directory, "ss"), smtpd(28));
    await writeFile(join(directory, "units"), `28 ${unit}\n`);
    await writeFile(join(directory, "comms"), "23 smtpd\n28 smtpd\n");
    expect(await mtaThere()).toBe(false);
    await mtaStop.inject(site(), {});
    expect(await mtaThere()).toBe(true);
    await mtaStop.heal(site(), {});
    expect(await mtaThere()).toBe(false);
    expect(await log()).toEqual([`stop ${unit}`, `start ${unit}`]);
  });

  it("refuses port 25 of one that was started by hand, and no other", async () => {
    await running([], { "ssh.service": [400, "no"] });
    await writeFile(join(directory, "ss"), smtpd(900).replace(unit, "ssh.service"));
    await writeFile(join(directory, "units"), "900 ssh.service\n");
    await writeFile(join(directory, "comms"), "400 sshd\n900 smtpd\n");
    await mtaStop.inject(site(), {});
    expect(await mtaThere()).toBe(true);
    expect(await file("table")).toContain("tcp dport { 25 } reject with tcp reset");
    await mtaStop.heal(site(), {});
    expect(await log()).toEqual(["refuse", "accept"]);
  });

  it("can be put where a health check asks for an MTA", async () => {
    const asked = (healthCheck: HealthCheck) => mtaStop.targets(withService(live.lab, { healthCheck }));
    const timers = { delayLoop: 6, connectTimeout: 3, delayBeforeRetry: 3 };
    expect(asked({ type: "smtp", ...timers })).toEqual(["server2", "server3"]);
    expect(asked({ type: "tcp", ...timers })).toEqual([]);
  });
});

describe("httpd-hang", () => {
  const states = async (all: Readonly<Record<number, string>>) => {
    for (const [pid, state] of Object.entries(all)) await writeFile(join(directory, `stat.${pid}`), `${state}\n`);
  };

  it("stops the processes of the unit that listens, and lets them go on", async () => {
    await running(
      [
        ["nginx", 999_999_701, "nginx.service"],
        ["nginx", 999_999_700, "nginx.service"],
      ],
      { "nginx.service": [999_999_700, "no"] },
    );
    await httpdHang.inject(site(), {});
    await httpdHang.heal(site(), {});
    expect(await log()).toEqual(["kill --signal=STOP nginx.service", "kill --signal=CONT nginx.service"]);
  });

  it.each<[string, Record<number, string>, boolean]>([
    ["stopped", { 701: "T", 700: "Ts" }, true],
    ["running", { 701: "S", 700: "Ss" }, false],
    ["half of them stopped", { 701: "T", 700: "Ss" }, false],
  ])("is there where they are %s", async (_what, all, expected) => {
    await running([
      ["nginx", 701, "nginx.service"],
      ["nginx", 700, "nginx.service"],
    ]);
    await states(all);
    expect(await there(httpdHang)).toBe(expected);
  });

  it("a process without a unit gets the signal itself", async () => {
    const sleep = $({ nothrow: true, quiet: true })`sleep 60`;
    onTestFinished(async () => void (await sleep.kill("SIGKILL")));
    const pid = sleep.pid ?? 0;
    const state = async () => (await readFile(`/proc/${pid}/stat`, "utf8")).split(" ")[2];
    await running([["python3", pid, "-"]]);
    await httpdHang.inject(site(), {});
    // The kernel stops it at its next moment of work.
    await expect.poll(state).toBe("T");
    await httpdHang.heal(site(), {});
    expect(await state()).not.toBe("T");
  });

  it("needs somebody who listens; healing does not", async () => {
    await running([]);
    await expect(httpdHang.inject(site(), {})).rejects.toThrow("nobody listens on port 80 of server2");
    await httpdHang.heal(site(), {});
    expect(await there(httpdHang)).toBe(false);
  });
});
