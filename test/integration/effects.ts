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

const VIP = "192.0.2.100";

/** Options and a fault for folders whose script looks for haproxy: the hosts would see each other's processes, so a file stands for it. */
const withHaproxy: DirectorsOptions = {
  edit: (text) => text.replace("/usr/bin/pgrep haproxy", "/usr/bin/test -e /run/haproxy"),
  prepare: "touch /run/haproxy",
};
const haproxyFails = (directors: RunningDirectors) => directors.on("lb1", "rm /run/haproxy");

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
    rule: "weight-never-flips",
    title: "the script fails and the master stays",
    options: withHaproxy,
    before: ["lb1"],
    act: haproxyFails,
    look: holders(VIP),
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
    options: backupLater,
    before: ["lb1"],
    act: comesBack,
    look: holders(VIP),
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "preempt-delay-ignored",
    title: "the master comes back and takes the address at once",
    options: backupLater,
    before: ["lb1"],
    act: comesBack,
    look: holders(VIP),
    found: ["lb1"],
    fine: ["lb2"],
  },
  {
    rule: "equal-priorities",
    title: "the master comes back and does not get the address",
    options: backupLater,
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
    options: withHaproxy,
    before: ["lb1"],
    act: haproxyFails,
    look: holders(VIP),
    found: ["lb1"],
    fine: ["lb2"],
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
    rule: "router-id-twice",
    title: "each says that the other's advertisements have other addresses",
    look: says("lb3", /address.*(mismatch|not match|expected|unknown|differ)/i),
    found: true,
    fine: false,
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
    title: "an instance with peers does not start",
    look: holders(VIP),
    found: [],
    fine: ["lb1"],
  },
];
