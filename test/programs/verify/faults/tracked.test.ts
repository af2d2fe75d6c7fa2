import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { $ } from "zx";
import type { TrackScript } from "../../../../lab/index.ts";
import { findFault } from "../../../../verify/faults/ledger.ts";
import { processStop } from "../../../../verify/faults/process-stop.ts";
import { scriptFail } from "../../../../verify/faults/script-fail.ts";
import { LabError } from "../../../../verify/live/lab-error.ts";
import { aLiveLab } from "../../../unit/verify/a-live-lab.ts";
import { withInstance } from "../../../unit/verify/other-labs.ts";
import { aServer, ScriptedView } from "./scripted.ts";

const live = await aLiveLab("tracking");
let directory: string;

describe("script-fail", () => {
  /** A bind mount as a hard link: both are the same file to test(1)'s -ef. */
  const programs = {
    mount: 'echo mount >>"$DIR/log"; mv "$3" "$3.under" && ln "$2" "$3"',
    umount: 'echo umount >>"$DIR/log"; rm "$2" && mv "$2.under" "$2"',
    probe: 'echo "probed: $*"',
    other: 'echo "other: $*"',
  };
  let scripts: TrackScript[];
  const program = (name: string) => join(directory, "bin", name);
  const site = () => ({
    view: new ScriptedView({ ...live, lab: withInstance(live.lab, { trackScripts: scripts }) }, directory, [
      "/var/lib/lvs-lab",
    ]),
    server: "server1",
  });
  const log = async () => (await readFile(join(directory, "log"), "utf8").catch(() => "")).trim().split("\n");
  const act = {
    inject: (script?: string, how: "ends" | "hangs" = "ends") => scriptFail.inject(site(), { script, how }),
    heal: (script?: string) => scriptFail.heal(site(), { script, how: "ends" }),
    there: async (script?: string) => (await scriptFail.present(site(), { script, how: "ends" })).there,
  };

  /** How a command ends and what it prints where keepalived runs it, or anybody else. */
  async function run(by: "keepalived" | "sh", ...words: string[]): Promise<string> {
    // The last command of a shell is run in its place, so that it is not the parent.
    const text = '"$@" 2>&1; echo "status $?"';
    const { stdout } = await $({ nothrow: true, quiet: true })`${join(directory, by)} -c ${text} run ${words}`;
    return stdout.trim().replaceAll("\n", ", ");
  }

  const script = (name: string, ...command: string[]): TrackScript => ({
    ...{ name, command, interval: 2, timeout: 2, fall: 2, rise: 2, weight: -60 },
  });

  beforeEach(async () => {
    directory = await aServer(programs);
    // The kernel names a process by the file that it runs: proc(5), /proc/PID/comm.
    for (const name of ["keepalived", "sh"]) await copyFile("/bin/bash", join(directory, name));
    scripts = [
      script("first", program("probe"), "one", "it's two"),
      script("second", program("probe"), "two"),
      script("third", program("other")),
    ];
  });

  it("fails for keepalived's run of the script alone, and is the program for everything else", async () => {
    await act.inject();
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("status 1");
    expect(await run("keepalived", program("probe"), "two")).toBe("probed: two, status 0");
    expect(await run("sh", program("probe"), "one", "it's two")).toBe("probed: one it's two, status 0");
    await act.heal();
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("probed: one it's two, status 0");
  });

  it("may hang until keepalived ends it", async () => {
    await act.inject(undefined, "hangs");
    const words = ["--foreground", "0.5", program("probe"), "one", "it's two"];
    // timeout(1) is the parent, under keepalived's name.
    const timeout = (await $({ quiet: true })`command -v timeout`).stdout.trim();
    await copyFile(timeout, join(directory, "bin", "keepalived"));
    expect(await run("sh", join(directory, "bin", "keepalived"), ...words)).toBe("status 124");
    await act.heal();
    expect(await run("sh", join(directory, "bin", "keepalived"), ...words)).toBe("probed: one it's two, status 0");
  });

  it("is there from its injection to its healing, for its script alone", async () => {
    expect(await act.there()).toBe(false);
    await act.inject();
    expect([await act.there(), await act.there("first")]).toEqual([true, true]);
    // Of the same program, and of another one.
    expect([await act.there("second"), await act.there("third")]).toEqual([false, false]);
    await act.heal();
    expect(await act.there()).toBe(false);
  });

  it("twice is once, also to heal", async () => {
    await act.inject();
    await act.inject();
    await act.heal();
    await act.heal();
    expect(await log()).toEqual(["mount", "umount"]);
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("probed: one it's two, status 0");
  });

  it.each<[string, Parameters<typeof act.inject>, string[], string]>([
    ["another script of the same program", ["second"], ["probe", "two"], "probe"],
    ["a script of another program", ["third"], ["other"], "other"],
  ])("let %s fail, and the one before is well", async (_what, given, [name = "", ...args], at) => {
    await act.inject("first");
    await act.inject(...given);
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("probed: one it's two, status 0");
    expect(await run("keepalived", program(name), ...args)).toBe("status 1");
    expect([await act.there("first"), await act.there(given[0])]).toEqual([false, true]);
    await act.heal(given[0]);
    expect(await run("keepalived", program(at), ...args)).toMatch(/status 0$/);
    expect((await readdir(join(directory, "bin"))).sort()).toEqual(Object.keys(programs).sort());
  });

  it("another way to fail takes the place of the one before", async () => {
    await act.inject("first", "hangs");
    await act.inject("first", "ends");
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("status 1");
  });

  it("is put on again after a reboot, which has undone the mount", async () => {
    await act.inject();
    await $({ quiet: true, env: { ...process.env, DIR: directory } })`${program("umount")} --lazy ${program("probe")}`;
    expect(await act.there()).toBe(false);
    await act.inject();
    expect(await run("keepalived", program("probe"), "one", "it's two")).toBe("status 1");
    await act.heal();
    expect(await run("keepalived", program("probe"), "one", "it's two")).toMatch(/status 0$/);
  });

  it("of a program that is not there, and of a script that is not tracked, is an error", async () => {
    scripts = [script("gone", program("gone"))];
    await expect(act.inject()).rejects.toThrow(LabError);
    await expect(act.inject("another")).rejects.toThrow("server1 tracks no script another; it tracks gone");
    await act.heal();
    expect(await log()).toEqual([""]);
  });
});

describe("process-stop", () => {
  /** Lines of `procs`: PID, name, and where it is in the tree of control groups. */
  const programs = {
    pgrep: `for name; do :; done; pids=$(grep " $name " "$DIR/procs" | cut -d ' ' -f 1)
case $* in *--count*) echo "$pids" | grep --count . ;; *) [ -n "$pids" ] && echo "$pids" ;; esac`,
    systemctl: `echo "$*" >>"$DIR/log"; act=$1; shift; [ $act != stop ] || [ $1 != --no-block ] || exit 0
for unit; do case $act in
  stop) [ ! -e "$DIR/starts" ] || { rm "$DIR/starts"; echo "Job for $unit canceled." >&2; exit 1; }; grep "/$unit$" "$DIR/procs" >>"$DIR/stopped"; grep -v "/$unit$" "$DIR/procs" >"$DIR/procs.new"; mv "$DIR/procs.new" "$DIR/procs" ;;
  start) [ ! -e "$DIR/broken" ] || exit 1; grep "/$unit$" "$DIR/stopped" >>"$DIR/procs" ;;
esac; done`,
  };
  const paths = ["/var/lib/lvs-lab", "/proc", "/run/systemd/system"];
  const opensmtpd = "/system.slice/opensmtpd.service";
  let quorum: number;
  const site = () => {
    const trackProcesses = [{ name: "mta", process: "smtpd", weight: 0, quorum, delay: 2 }];
    const lab = withInstance(live.lab, { trackProcesses });
    return { view: new ScriptedView({ ...live, lab }, directory, paths), server: "server1" };
  };
  const present = () => processStop.present(site(), {});
  const log = async () => (await readFile(join(directory, "log"), "utf8").catch(() => "")).trim().split("\n");

  async function running(...all: readonly (readonly [pid: number, name: string, group: string])[]): Promise<void> {
    await writeFile(join(directory, "procs"), all.map((one) => `${one.join(" ")}\n`).join(""));
    for (const [pid, , group] of all) {
      await $`mkdir -p ${join(directory, "proc", String(pid))}`;
      await writeFile(join(directory, "proc", String(pid), "cgroup"), `0::${group}\n`);
    }
  }

  beforeEach(async () => {
    directory = await aServer(programs);
    quorum = 1;
    await running([700, "smtpd", opensmtpd], [701, "smtpd", opensmtpd], [800, "sshd", "/system.slice/ssh.service"]);
  });

  /** What keeps services from starting, by their names. */
  const kept = async () => (await $({ nothrow: true, quiet: true })`cd ${directory} && grep -r Assert run`).stdout;
  const killed = [
    ...["daemon-reload", "stop --no-block opensmtpd.service", "kill --signal=KILL opensmtpd.service"],
    "stop opensmtpd.service",
  ];

  it("kills the service of its processes once, lets nobody start it, and starts it again", async () => {
    expect(await present()).toEqual({ there: false, seen: "2 of the processes smtpd run, and 1 must" });
    await processStop.inject(site(), {});
    expect(await present()).toEqual({ there: true, seen: "0 of the processes smtpd run, and 1 must" });
    expect(await log()).toEqual(killed);
    expect(await kept()).toBe(
      "run/systemd/system/opensmtpd.service.d/lvs-lab-process-stop.conf:AssertPathExists=/nonexistent\n",
    );
    await processStop.heal(site(), {});
    expect((await present()).there).toBe(false);
    expect(await kept()).toBe("");
    expect(await log()).toEqual([...killed, "daemon-reload", "start opensmtpd.service"]);
  });

  it("knows from the first time which services it has stopped", async () => {
    await running([700, "smtpd", opensmtpd], [701, "smtpd", "/system.slice/system-mta.slice/mta@2.service"]);
    await processStop.inject(site(), {});
    await processStop.inject(site(), {});
    await processStop.heal(site(), {});
    expect((await log()).at(-1)).toBe("start mta@2.service opensmtpd.service");
    expect((await present()).there).toBe(false);
  });

  it("stops once more what somebody starts meanwhile", async () => {
    await writeFile(join(directory, "starts"), "");
    await processStop.inject(site(), {});
    expect((await log()).slice(-2)).toEqual(["stop opensmtpd.service", "stop opensmtpd.service"]);
    expect((await present()).there).toBe(true);
  });

  it("is there as soon as fewer run than must", async () => {
    quorum = 3;
    expect(await present()).toEqual({ there: true, seen: "2 of the processes smtpd run, and 3 must" });
  });

  it("healed without an injection, or twice, starts nothing", async () => {
    await processStop.heal(site(), {});
    expect(await log()).toEqual([""]);
    await processStop.inject(site(), {});
    await processStop.heal(site(), {});
    await processStop.heal(site(), {});
    expect((await log()).filter((line) => line.startsWith("start"))).toHaveLength(1);
  });

  it("that cannot start it again says so, and tries again", async () => {
    await processStop.inject(site(), {});
    await writeFile(join(directory, "broken"), "");
    await expect(processStop.heal(site(), {})).rejects.toThrow(LabError);
    await $`rm ${join(directory, "broken")}`;
    await processStop.heal(site(), {});
    expect((await present()).there).toBe(false);
  });

  it.each<[string, readonly [number, string, string][], RegExp]>([
    ["none runs", [], /no service runs a process smtpd/],
    ["it was started by hand", [[900, "smtpd", "/user.slice/session-3.scope"]], /no service runs a process smtpd/],
    [
      "another one was started by hand",
      [
        [700, "smtpd", opensmtpd],
        [900, "smtpd", "/user.slice/session-3.scope"],
      ],
      /a process smtpd still runs, which no service has started/,
    ],
  ])("is an error where %s", async (_what, all, error) => {
    await running(...all);
    await expect(processStop.inject(site(), {})).rejects.toThrow(error);
  });

  it("is that of a script that looks for one, by the script's name", async () => {
    const chk = {
      name: "chk",
      command: ["/usr/bin/pgrep", "smtpd"],
      interval: 2,
      timeout: 2,
      fall: 2,
      rise: 2,
      weight: 0,
    };
    const lab = withInstance(live.lab, { trackProcesses: [], trackScripts: [{ ...chk, watches: "smtpd" }] });
    const view = new ScriptedView({ ...live, lab }, directory, paths);
    const on = { view, server: "server1" };
    await processStop.inject(on, { process: "chk" });
    expect(await processStop.present(on, { process: "chk" })).toEqual({
      there: true,
      seen: "0 of the processes smtpd run, and 1 must",
    });
    await processStop.heal(on, {});
    expect(await log()).toEqual([...killed, "daemon-reload", "start opensmtpd.service"]);
    const [instance] = lab.vrrp;
    if (!instance) throw new Error("the lab has no instance");
    expect(processStop.goes?.(instance, { process: "chk" })).toMatchObject({ kind: "script", name: "chk" });
    expect(processStop.ends?.(instance, { process: "chk" })).toBe("smtpd");
    expect(processStop.targets(lab)).toEqual(["server1", "server4"]);
    const unknown = withInstance(lab, { trackScripts: [chk] });
    expect(processStop.targets(unknown)).toEqual([]);
  });

  it("names what is tracked where another is asked for", async () => {
    await expect(processStop.inject(site(), { process: "smtpd" })).rejects.toThrow(
      "server1 tracks no process smtpd; it tracks mta",
    );
  });
});

describe("what the master tracks", async () => {
  const { lab } = await aLiveLab("nat");
  it("goes by the fault that is about it", () => {
    const [instance] = live.lab.vrrp;
    if (!instance) throw new Error("the lab has no instance");
    expect(scriptFail.goes?.(instance, { how: "ends" })).toMatchObject({ kind: "script", name: "maintenance" });
    expect(scriptFail.goes?.(instance, { script: "another", how: "ends" })).toBeUndefined();
    expect(processStop.goes?.(instance, {})).toMatchObject({ kind: "process", weight: 0 });
    expect(processStop.goes?.(instance, { process: "another" })).toBeUndefined();
    const tracks = { ...instance, trackInterfaces: [{ network: "inside", weight: -60 }] };
    const linkDown = findFault("link-down");
    expect(linkDown.goes?.(tracks, {})).toBe("silently");
    expect(linkDown.goes?.(tracks, { network: instance.network })).toBe("silently");
    expect(linkDown.goes?.(tracks, { network: "inside" })).toMatchObject({ kind: "interface", weight: -60 });
    expect(linkDown.goes?.(instance, { network: "inside" })).toBeUndefined();
  });

  it("is there on directors alone", () => {
    for (const fault of [scriptFail, processStop]) {
      expect(fault.targets(live.lab)).toEqual(["server1", "server4"]);
      expect(fault.targets(lab)).toEqual([]);
    }
  });
});
