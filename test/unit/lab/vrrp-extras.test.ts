import { describe, expect, it } from "vitest";
import { parseLab, serverNamed, vrrpPartsOf } from "../../../lab/index.ts";
import { rules } from "../../../lab/rules.ts";
import { twoInstances } from "./vrrp-cases.ts";

/** The lab of two instances with these lines in the first and in the second one. */
const labWith = (first: readonly string[], second: readonly string[] = []) => {
  const lines = (all: readonly string[]) => all.map((line) => `    ${line}\n`).join("");
  const text = twoInstances
    .replace("  - id: 51\n", `  - id: 51\n${lines(first)}`)
    .replace("  - id: 52\n", `  - id: 52\n${lines(second)}`);
  return parseLab(text, "lab.yaml");
};
const instanceWith = (...lines: string[]) => labWith(lines).vrrp[0];

describe("a VRRP instance", () => {
  it("has no key for what the file does not say, so that a lab without it is the same data as ever", () => {
    expect(Object.keys(instanceWith() ?? {}).sort()).toEqual(
      ["addresses", "advertInterval", "id", "members", "name", "network", "password", "preempt", "version"].sort(),
    );
    expect(instanceWith("preemptDelay: 0", "unicast: false", "useVmac: false")).toEqual(instanceWith());
  });

  it("begins as BACKUP on every director where keepalived ignores or clears MASTER", () => {
    const states = (lab: ReturnType<typeof labWith>) =>
      lab.vrrp.map(({ members }) => members.map(({ state }) => state).join(" "));
    const [master, backup] = ["MASTER BACKUP BACKUP", "BACKUP BACKUP BACKUP"];
    expect(states(labWith([]))).toEqual([master, master]);
    expect(states(labWith(["preemptDelay: 0.5"]))).toEqual([backup, master]);
    expect(states(labWith(["syncGroup: VG"], ["syncGroup: VG"]))).toEqual([backup, backup]);
  });

  it("has a command's words, from a text or from a list", () => {
    expect(
      instanceWith('trackScripts: [{ command: "/usr/bin/pgrep  apache2" }, { command: [/bin/sh, -c, "exit 0"] }]')
        ?.trackScripts,
    ).toMatchObject([{ command: ["/usr/bin/pgrep", "apache2"] }, { command: ["/bin/sh", "-c", "exit 0"] }]);
    expect(instanceWith("notify: /usr/local/bin/told --loud")?.notify).toEqual(["/usr/local/bin/told", "--loud"]);
    expect(instanceWith("notify: true")?.notify).toBe(true);
  });

  it("has keepalived's defaults for a script: every second, once is enough, and a run has until the next one", () => {
    expect(
      instanceWith("trackScripts: [{ command: /bin/true }, { command: /bin/false, interval: 5 }]")?.trackScripts,
    ).toEqual([
      { name: "true", command: ["/bin/true"], interval: 1, timeout: 1, fall: 1, rise: 1, weight: 0 },
      { name: "false", command: ["/bin/false"], interval: 5, timeout: 5, fall: 1, rise: 1, weight: 0 },
    ]);
  });
});

describe("the name of a tracked script or process", () => {
  const namesIn = (first: string, second: string) =>
    labWith([first], [second]).vrrp.map(({ trackScripts = [], trackProcesses = [] }) =>
      [...trackScripts, ...trackProcesses].map(({ name }) => name),
    );

  it("is its program's, with a number if another one has it", () => {
    expect(
      namesIn(
        "trackScripts: [{ command: /usr/bin/pgrep cron }, { command: /usr/bin/pgrep dbus-daemon }]",
        "trackScripts: [{ command: /opt/is-it-really-alive }]",
      ),
    ).toEqual([["pgrep", "pgrep_2"], ["is_it_really_ali"]]);
    expect(namesIn("trackProcesses: [{ process: dbus-daemon }]", "trackProcesses: [{ process: dbus.daemon }]")).toEqual(
      [["dbus_daemon"], ["dbus_daemon_2"]],
    );
  });

  it("is the same for the same script, whatever its weight is to each instance", () => {
    expect(
      namesIn(
        "trackScripts: [{ command: /usr/bin/pgrep cron, weight: -10 }]",
        "trackScripts: [{ command: [/usr/bin/pgrep, cron] }]",
      ),
    ).toEqual([["pgrep"], ["pgrep"]]);
  });

  it("is not one that the file gives to another", () => {
    expect(
      namesIn(
        "trackScripts: [{ command: /usr/bin/pgrep cron }]",
        "trackScripts: [{ name: pgrep, command: /bin/true }]",
      ),
    ).toEqual([["pgrep_2"], ["pgrep"]]);
  });
});

it("a director's part has its own address, those of its peers, and its devices on tracked networks", () => {
  const lab = labWith(["unicast: true"]);
  const [part, other] = vrrpPartsOf(lab, serverNamed(lab, "b"));
  expect(part?.unicast).toEqual({ source: "172.25.254.12", peers: ["172.25.254.11", "172.25.254.13"] });
  expect(other).not.toHaveProperty("unicast");

  // A lab file has one network so far.
  const [first, ...more] = lab.vrrp;
  if (!first) throw new Error("the lab has no instance");
  const server = serverNamed(lab, "b");
  const outside = { network: "outside", device: "eth1", addresses: [], mac: "52:54:00:FE:00:01" };
  const wide = { ...lab, vrrp: [{ ...first, trackInterfaces: [{ network: "outside", weight: -60 }] }, ...more] };
  expect(vrrpPartsOf(wide, { ...server, interfaces: [...server.interfaces, outside] })[0]?.trackInterfaces).toEqual([
    { device: "eth1", weight: -60 },
  ]);
});

it("an interface is tracked on a network that every member is on", () => {
  const draft = {
    networks: [{ subnets: ["10.0.0.0/24"] }, { name: "outside", subnets: ["10.0.1.0/24"] }],
    services: [{ vip: "10.0.0.100" }],
    vrrp: [{ members: [{ server: "a" }, { server: "b" }], trackInterfaces: [{ network: "outside" }] }],
    servers: [
      { name: "a", addresses: ["10.0.0.11", "10.0.1.11"] },
      { name: "b", addresses: ["10.0.0.12"] },
    ],
  };
  expect([...(rules["tracked-network"]?.(draft, { base: "lab" }) ?? [])]).toMatchObject([
    { path: ["vrrp", 0, "trackInterfaces", 0, "network"], found: "outside, where b has no address" },
  ]);
});
