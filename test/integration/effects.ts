import { setTimeout as sleep } from "node:timers/promises";
import type { DirectorsOptions, RunningDirectors } from "./running-directors.ts";

/** What a rule's two folders do on running directors. */
export interface Effect {
  readonly rule: string;
  /** What is done and looked at. */
  readonly title: string;
  readonly options?: DirectorsOptions;
  /** What is done when it is as `before` says. */
  readonly act?: (directors: RunningDirectors) => Promise<unknown>;
  readonly before?: unknown;
  readonly look: (directors: RunningDirectors) => Promise<unknown>;
  /** What is seen in `found`, and in `fine`. */
  readonly found: unknown;
  readonly fine: unknown;
}

const holders = (address: string) => (directors: RunningDirectors) => directors.holders(address);

/** Whether a director's keepalived has said something. */
const says = (director: string, text: RegExp) => async (directors: RunningDirectors) =>
  directors.log(director).some((line) => text.test(line));

const both = ["lb1", "lb2"];

/** The address of most folders, and that of the folders about scripts. */
const VIP = "192.0.2.100";
const OTHER_VIP = "10.0.0.100";

/** Options and a fault for folders whose script looks for haproxy: the hosts would see each other's processes, so a file stands for it. */
const withHaproxy: DirectorsOptions = {
  edit: (text) => text.replace("/usr/bin/pgrep haproxy", "/usr/bin/test -e /run/haproxy"),
  prepare: "touch /run/haproxy",
};
const haproxyFails = (directors: RunningDirectors) => directors.on("lb1", "rm /run/haproxy");

/** Of rows about a master whose script fails. */
const whenHaproxyFails = { options: withHaproxy, before: ["lb1"], act: haproxyFails, look: holders(VIP) };

/** The backup starts when the master is there, so that it is not the first one. */
const backupLater = { idle: ["lb2"] };
async function startBackup(directors: RunningDirectors): Promise<void> {
  directors.start("lb2");
  await sleep(5000);
}

/** The master ends, and comes back when the backup holds the address. */
async function comesBack(directors: RunningDirectors): Promise<void> {
  await startBackup(directors);
  await directors.stop("lb1");
  for (let tries = 0; tries < 20 && !(await directors.holders(VIP)).includes("lb2"); tries++) await sleep(1000);
  directors.start("lb1");
}

/** Of rows about a master that comes back. */
const whenItComesBack = { options: backupLater, before: ["lb1"], act: comesBack, look: holders(VIP) };

/** Each rule that claims an effect, and how it shows. */
export const effects: readonly Effect[] = [
  {
    rule: "unreadable",
    title: "keepalived starts without the instance",
    look: holders(VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "unknown-keyword",
    title: "keepalived starts without the address",
    look: holders(VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "unknown-keyword",
    title: "keepalived says that the } of the block is one too many",
    look: says("lb1", /Unknown keyword '}'/),
    found: true,
    fine: false,
  },
  {
    rule: "invalid-value",
    title: "the one with the higher priority stays backup",
    look: holders(VIP),
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "track-ignored",
    title: "the script fails and the master stays",
    ...whenHaproxyFails,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "invalid-address",
    title: "keepalived says that it leaves it out",
    look: says("lb1", /parsed invalid IP 192\.0\.2\.300/),
    found: true,
    fine: false,
  },
  {
    rule: "does-not-start",
    title: "keepalived ends, with the instance that is right",
    look: holders(VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "command-through-link",
    title: "the script fails and the master stays, on keepalived 2.3.3",
    ...whenHaproxyFails,
    options: { prepare: "touch /run/haproxy", release: "2.3.3" },
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "command-with-backslashes",
    title: "the script fails on keepalived 2.3.3 alone, and the master leaves",
    options: { prepare: "touch /run/haproxy", release: "2.3.3" },
    look: holders(VIP),
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "vmac-words",
    title: "keepalived says that it goes on without the second name",
    look: says("lb1", /VMAC interface name already specified/),
    found: true,
    fine: false,
  },
  {
    rule: "given-twice",
    title: "keepalived says that it ignores the second one",
    look: says("lb1", /notify_backup script already specified - ignoring \/bin\/echo again/),
    found: true,
    fine: false,
  },
  {
    rule: "unicast-without-peer",
    title: "keepalived says that it goes by multicast",
    look: says("lb1", /Defaulting to multicast/),
    found: true,
    fine: false,
  },
  {
    rule: "multicast-group-ignored",
    title: "keepalived says that it ignores the group",
    look: says("lb1", /multicast destination specified with unicast - ignoring/),
    found: true,
    fine: false,
  },
  {
    rule: "route-left-out",
    title: "the master has no such route",
    look: (directors) => directors.on("lb1", "ip route show 198.51.100.0/24 | sed 's/ dev.*//'"),
    found: "",
    fine: "198.51.100.0/24 via 198.18.0.9\n",
  },
  {
    rule: "no-virtual-address",
    title: "a master holds nothing",
    look: async (directors) => [
      await says("lb1", /\(VI_1\) Entering MASTER STATE/)(directors),
      await directors.holders(VIP),
    ],
    found: [true, []],
    fine: [true, ["lb1"]],
  },
  {
    rule: "defined-twice",
    title: "the second instance's address is nobody's",
    look: holders("192.0.2.101"),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "weight-never-flips",
    title: "the script fails and the master stays",
    ...whenHaproxyFails,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "password-too-long",
    title: "keepalived says that it cuts it",
    look: says("lb1", /Truncating auth_pass to 8 characters/),
    found: true,
    fine: false,
  },
  {
    rule: "password-too-long",
    title: "passwords that differ behind the eighth character are the same",
    options: {
      edit: (text, file) =>
        file === "lb2.conf" ? text.replace("correct-horse", "correct-house").replace("battery1", "battery2") : text,
    },
    look: holders(VIP),
    found: ["lb1"],
    fine: both,
  },
  {
    rule: "password-cut-by-comment",
    title: "passwords that differ behind the ! are the same",
    options: { edit: (text, file) => (file === "lb2.conf" ? text.replace("b@l!one", "b@l!two") : text) },
    look: holders(VIP),
    found: ["lb1"],
    fine: both,
  },
  {
    rule: "addresses-differ",
    title: "both hold the address",
    look: holders(VIP),
    found: both,
    fine: ["lb1"],
  },
  {
    rule: "advert-interval-differs",
    title: "both hold the address",
    look: holders(VIP),
    found: both,
    fine: ["lb1"],
  },
  { rule: "unicast-one-sided", title: "both hold the address", look: holders(VIP), found: both, fine: ["lb1"] },
  { rule: "version-differs", title: "both hold the address", look: holders(VIP), found: both, fine: ["lb1"] },
  { rule: "address-under-two-ids", title: "both hold the address", look: holders(VIP), found: both, fine: ["lb1"] },
  {
    rule: "authentication-differs",
    title: "all hold the address",
    look: holders(VIP),
    found: ["lb1", "lb2", "lb3"],
    fine: ["lb1"],
  },
  {
    rule: "authentication-ignored",
    title: "keepalived says that it leaves it out",
    look: says("lb1", /does not support authentication/),
    found: true,
    fine: false,
  },
  {
    rule: "advert-interval-rounded",
    title: "keepalived says that it rounds it",
    look: says("lb1", /must be an integer/),
    found: true,
    fine: false,
  },
  {
    rule: "unicast-peer-missing",
    title: "the master ends, and the two others hold the address",
    before: ["lb1"],
    act: (directors) => directors.stop("lb1"),
    look: holders(VIP),
    found: ["lb2", "lb3"],
    fine: ["lb2"],
  },
  {
    rule: "unicast-own-address",
    title: "keepalived warns of itself",
    look: says("lb1", /equal priority advert/),
    found: true,
    fine: false,
  },
  {
    rule: "nopreempt-with-master",
    title: "the master comes back and takes the address",
    ...whenItComesBack,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "preempt-delay-ignored",
    title: "the master comes back and takes the address at once",
    ...whenItComesBack,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "equal-priorities",
    title: "the master comes back and does not get the address",
    options: {
      ...backupLater,
      // What nopreempt is there for; the same without it, and with priorities of their own.
      edit: (text, file) =>
        text.includes("nopreempt")
          ? text.replace("nopreempt", "").replace("priority 100", file === "lb1.conf" ? "priority 150" : "priority 100")
          : text,
    },
    before: ["lb1"],
    act: comesBack,
    look: holders(VIP),
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "nopreempt-with-weights",
    title: "the script fails and the backup does not take over",
    options: { ...withHaproxy, ...backupLater },
    before: ["lb1"],
    act: async (directors) => {
      await startBackup(directors);
      await haproxyFails(directors);
    },
    look: holders(VIP),
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "weight-ignored",
    title: "the script fails and the master stays",
    ...whenHaproxyFails,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "backup-stops-what-it-tracks",
    title: "both stop it at the start, and nobody becomes master",
    options: {
      prepare: "touch /run/haproxy",
      edit: (text) =>
        text
          .replace("/usr/bin/pgrep haproxy", "/usr/bin/test -e /run/haproxy")
          .replace("systemctl stop haproxy", "rm -f /run/haproxy"),
    },
    look: holders(VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "weight-is-no-fault",
    title: "the script fails, the backup takes over, and there is no FAULT",
    options: withHaproxy,
    before: { holders: ["lb1"], fault: false },
    act: haproxyFails,
    look: async (directors) => ({
      holders: await directors.holders(VIP),
      fault: await says("lb1", /FAULT state/i)(directors),
    }),
    found: { holders: ["lb2"], fault: false },
    fine: { holders: ["lb2"], fault: true },
  },
  {
    rule: "sync-group-open",
    title: "a director loses one network and goes on holding the address of the other",
    options: { idle: ["lb1"] },
    before: ["lb2"],
    act: (directors) => directors.link("lb2", "eth1", "down"),
    look: holders(VIP),
    found: ["lb2"],
    fine: [],
  },
  {
    rule: "address-twice",
    title: "one instance goes to FAULT and takes the other's address away",
    options: {
      edit: (text) =>
        `vrrp_script file {\n script "/usr/bin/test -e /run/file"\n}\n${text.replace("vrrp_instance VI_2 {", "vrrp_instance VI_2 {\n track_script {\n file\n }")}`,
      prepare: "touch /run/file",
    },
    before: { holders: ["lb1"], both: true },
    act: (directors) => directors.on("lb1", "rm /run/file"),
    look: async (directors) => ({
      holders: await directors.holders(VIP),
      both: (await directors.holders("192.0.2.101")).length > 0,
    }),
    found: { holders: [], both: false },
    fine: { holders: ["lb1"], both: false },
  },
  {
    rule: "router-id-twice",
    title: "keepalived does not start with two on one interface",
    look: holders(VIP),
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "strict-drops-traffic",
    title: "the master does not answer at the address",
    options: { prepare: "ip route add 192.0.2.0/24 dev eth0" },
    look: async (directors) => ({
      holders: await directors.holders(VIP),
      answers: (await directors.on("lb2", `ping -c 1 -W 1 ${VIP}`, { mayFail: true })).includes(" 0% packet loss"),
    }),
    found: { holders: ["lb1"], answers: false },
    fine: { holders: ["lb1"], answers: true },
  },
  {
    rule: "strict-forbids",
    title: "keepalived says that it resets what is forbidden",
    look: says("lb1", /State MASTER must match being address owner/),
    found: true,
    fine: false,
  },
  {
    rule: "script-echoes",
    title: "the script never fails",
    options: { idle: ["lb2", "lb3"] },
    look: holders(OTHER_VIP),
    found: ["lb1"],
    fine: [],
  },
  {
    rule: "command-needs-shell",
    title: "the rest of the command is arguments, with which the program fails",
    options: {
      edit: (text) => text.replace("killall -0 nginx", "/usr/bin/test -e /run/nginx"),
      prepare: "touch /run/nginx",
      idle: ["lb2"],
    },
    look: holders(OTHER_VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "command-not-quoted",
    title: "the program runs without its arguments, and fails",
    options: {
      edit: (text) => text.replace("/usr/bin/killall -0 haproxy", "/usr/bin/test -e /run/haproxy"),
      prepare: "touch /run/haproxy",
      idle: ["lb2"],
    },
    look: holders(OTHER_VIP),
    found: [],
    fine: ["lb1"],
  },
  {
    rule: "script-cannot-run",
    title: "a script that cannot be started never fails",
    options: { idle: ["lb2", "lb3"] },
    look: holders(OTHER_VIP),
    found: ["lb1"],
    fine: [],
  },
  {
    rule: "script-path-relative",
    title: "the script is left out, and does not fail",
    options: { idle: ["lb2"] },
    look: holders(OTHER_VIP),
    found: ["lb1"],
    fine: [],
  },
  {
    rule: "script-user-unknown",
    title: "the script is left out, and does not fail",
    options: { edit: (text) => text.replace("/usr/local/bin/check", "/usr/bin/false"), idle: ["lb2", "lb3"] },
    look: holders(OTHER_VIP),
    found: ["lb1"],
    fine: [],
  },
  {
    rule: "owner-priority",
    title: "both become master, and one says so and gives way",
    look: async (directors) =>
      directors.names.some((name) =>
        directors.log(name).some((line) => line.includes("both configured as address owner")),
      ),
    found: true,
    fine: false,
  },
  {
    rule: "weight-on-one-member",
    title: "the script fails and the master stays",
    ...whenHaproxyFails,
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "priorities-crossed",
    title: "the master comes back and does not get the address",
    ...whenItComesBack,
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "nopreempt-on-one-member",
    title: "the master comes back and does not get the address",
    ...whenItComesBack,
    found: ["lb2"],
    fine: ["lb1"],
  },
  {
    rule: "off-is-on",
    title: "the interface of use_vmac is called false",
    look: async (directors) => (await directors.on("lb1", "ip -brief link show")).includes("false@"),
    found: true,
    fine: false,
  },
  {
    rule: "real-server-twice",
    title: "keepalived says that it removes the second one",
    options: { checkers: true },
    look: says("lb1", /is duplicated - removing second rs/),
    found: true,
    fine: false,
  },
  {
    rule: "protocol-missing",
    title: "keepalived says that it takes UDP",
    options: { checkers: true },
    look: says("lb1", /no protocol set - defaulting to UDP/),
    found: true,
    fine: false,
  },
  {
    rule: "virtual-server-group-missing",
    title: "keepalived says that it leaves the virtual server out",
    options: { checkers: true },
    look: says("lb1", /specified but not configured - ignoring virtual server/),
    found: true,
    fine: false,
  },
  {
    rule: "virtual-server-group-families",
    title: "keepalived says that it leaves the virtual servers out",
    options: { checkers: true },
    look: says("lb1", /with IPv4 & IPv6 doesn't match virtual server \[both\]:0 - ignoring/),
    found: true,
    fine: false,
  },
];

/** Where there is no row, and why. */
export const notShown: Readonly<Record<string, string>> = {
  "check-slower-than-delay-loop": "a time, which runs of labs compare with lab/health-check-time.ts",
  "director-is-real-server": "takes web servers on the directors",
  "mail-to-nobody": "what does not happen is a mail",
  "nat-gateway-stays": "what moves is no address of the folder, so that the client sees nothing of it",
  "nat-gateways-apart": "a run of rehearsals/published/case-study shows it: nobody is served by the second service",
  "nat-on-one-network": "a note: whether clients are in the network is not in the folder",
  "nobody-quiet-about-arp": "the real servers are stand-ins, which are quiet; the check arp-cure shows it in a lab",
  "script-not-found": "keepalived says so itself, in its log and by -t on the director",
  "script-outlives-interval": "takes a count of processes, which the hosts share",
};
