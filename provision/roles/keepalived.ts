import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { healthCheckKind, healthCheckTypes, ipvsKeyOf, isDirectorUnder, vrrpPartsOf } from "../../lab/index.ts";
import { osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { unwrap } from "../values.ts";
import { endDirector, endKeepalived } from "./director-retirement.ts";
import { ipvsQuestions, ipvsTableIn, type Thresholds, type VirtualService } from "./ipvs-table.ts";
import { programsOf, withCommandsFor } from "./keepalived-commands.ts";
import { GENERATED, keepalivedConf, PASSWORD, withoutPasswords, withPasswords } from "./keepalived-conf.ts";
import { notifyScript } from "./keepalived-notify.ts";
import { parseVirtualServers } from "./keepalived-parse.ts";
import { notifyScriptOf, syncDaemonOf } from "./keepalived-vrrp.ts";
import { defineRole } from "./role.ts";
import { serviceAnswers, serviceQuestion, serviceState, startService, typedStart } from "./service.ts";
import { listed, typed, typedFile } from "./typed.ts";

/** A director run by keepalived: it holds the VIPs by VRRP, fills the IPVS table and checks the real servers. */
export const keepalived = defineResource({
  type: "Keepalived",
  summary: "A director under keepalived: VRRP for the VIP, the IPVS table, health checks.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The full keepalived.conf, as `keepalivedConf` writes it, with `PASSWORD` in place of each password. */
    config: z.string(),
    /** The VRRP passwords in the order of the file. Secret. */
    passwords: z.array(z.string()),
    /** The virtual services in the kernel, by `serviceLine`. Real servers are not included: they come and go with their health. */
    virtualServices: z.array(z.string()),
    /** The lab's own notify script, where keepalived.conf calls it; empty: there is none. */
    notifyScript: z.string().default(""),
    /** Other programs that keepalived.conf calls, by their paths. keepalived does without one that is missing, and says so in its log alone. */
    programs: z.array(z.string()).default([]),
    /** Real servers in the kernel whose weight is not that of keepalived.conf, such as drained ones: `VIP:PORT ADDRESS:PORT WEIGHT`. */
    otherWeights: z.array(z.string()).max(0).default([]),
    /** Real servers in the kernel whose thresholds are not those of keepalived.conf: `VIP:PORT ADDRESS:PORT UPPER LOWER`, 0 for none. */
    otherThresholds: z.array(z.string()).max(0).default([]),
    /** IPVS's sync daemon, which keepalived starts: `INTERFACE ID`; empty: there is none. */
    syncDaemon: z.string().default(""),
    ...serviceState,
  }),

  upgrade({ password, ...rest }) {
    const recorded = { notifyScript: "", programs: [], otherWeights: [], otherThresholds: [], syncDaemon: "", ...rest };
    return password === undefined ? recorded : { ...recorded, passwords: unwrap(password) === "" ? [] : [password] };
  },

  async observe({ server: ref, config: wanted, programs, virtualServices }) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const seen = await server.look({
      config: command`cat ${path}`,
      ...ipvsQuestions,
      daemon: DAEMON,
      ...serviceQuestion(service),
      notifyScript: command`[ ! -x ${notifyScript.path} ] || cat ${notifyScript.path}`,
      programs: command`for program in ${programs}; do [ ! -x "$program" ] || echo "$program"; done`,
    });
    const table = ipvsTableIn(seen);
    return {
      ...withoutPasswords(seen.config.text),
      virtualServices: inOrderOf(
        virtualServices,
        table.map((service) => serviceLine(service.key, service)),
      ),
      notifyScript: seen.notifyScript.text,
      programs: seen.programs.text.split("\n").filter((one) => one !== ""),
      otherWeights: otherWeights(wanted, table),
      otherThresholds: otherThresholds(wanted, table),
      syncDaemon: parseSyncDaemon(seen.daemon.text),
      ...serviceAnswers(seen),
    };
  },

  async apply(
    { server: ref, config, passwords, virtualServices, syncDaemon, notifyScript: script },
    observed,
    progress,
  ) {
    const { service, config: path } = osFamilies[ref.os].keepalived;
    const server = await connectTo(ref);
    const candidate = `${path}.candidate`;
    const newConfig = observed?.config !== config || !isDeepStrictEqual(observed.passwords, passwords);
    const kernelAsWas =
      isDeepStrictEqual(observed?.virtualServices, virtualServices) && observed?.syncDaemon === syncDaemon;
    // A reload whose file no longer has a sync daemon leaves it running, and no later keepalived knows of it.
    const endDaemon =
      (observed?.syncDaemon ?? "") === "" || observed?.syncDaemon === syncDaemon
        ? []
        : ["master", "backup"].map((one) => `ipvsadm --stop-daemon ${one} 2>/dev/null || true`);
    // Restart rather than reload: a reload does not repair a table that was changed by hand.
    const restart = [
      ...(observed?.running ? [command`systemctl stop ${service}`] : []),
      "ipvsadm --clear",
      ...endDaemon,
      startService(service, observed),
      // observe() reports a difference by name
      `${tableIs(virtualServices, 60)} && ${daemonIs(syncDaemon)} || true`,
    ].join("\n");
    progress(newConfig ? "keepalived.conf, starting keepalived" : "starting keepalived");
    await server.script(
      [
        "set -e",
        endDirector,
        ...(observed?.notifyScript === script ? [] : [notifyScriptIs(script)]),
        // Status 0: valid; otherwise keepalived(8) has printed the problem. An invalid file never replaces a valid one.
        ...(newConfig
          ? [
              writing(candidate, withPasswords(config, passwords)),
              configTest(candidate),
              command`mv ${candidate} ${path}`,
            ]
          : []),
        // A reload keeps the VIP and the connections.
        ...(observed?.running && (newConfig || kernelAsWas)
          ? [
              startService(service, observed, "reload"),
              ...(syncDaemon === "" ? endDaemon : []),
              `if ! { ${tableIs(virtualServices, 5)} && ${daemonIs(syncDaemon)}; }; then\n${restart}\nfi`,
            ]
          : [restart]),
        weightsAsIn(config),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script([endKeepalived(ref.os), notifyScriptIs("")].join("\n"));
  },
});

/**
 * A virtual service in a line: `ADDRESS:PORT SCHEDULER`, with `-u ` before it for UDP, and the scheduler's flags, if any, with commas.
 * @param key as ipvsadm names the service
 */
export const serviceLine = (
  key: string,
  { scheduler, schedulerFlags = [] }: { readonly scheduler: string; readonly schedulerFlags?: readonly string[] },
): string => [key.replace("-t ", ""), scheduler, schedulerFlags.join(",")].filter(Boolean).join(" ");

/** Command that writes the lab's notify script, or removes it. keepalived runs none that others than root may write. */
const notifyScriptIs = (text: string): string =>
  text === ""
    ? command`rm -f ${notifyScript.path}`
    : [writing(notifyScript.path, text), command`chmod 0755 ${notifyScript.path}`].join("\n");

/** Virtual services of the kernel, which lists them in its own order, in the order of the lab; further ones come last. */
export const inOrderOf = (wanted: readonly string[], found: readonly string[]): string[] => [
  ...wanted.filter((line) => found.includes(line)),
  ...found.filter((line) => !wanted.includes(line)),
];

/** Command that waits until the kernel's table has exactly these virtual services. Fails after `seconds`. */
function tableIs(virtualServices: readonly string[], seconds: number): string {
  const wanted = [...virtualServices].sort().join("\n");
  const table =
    "ipvsadm --save --numeric | sed -n -e 's/^-A -t /-A /' -e 's/^-A \\(.*\\) -s \\([^ ]*\\)\\(.* -b\\( [^ ]*\\)\\)\\{0,1\\}.*/\\1 \\2\\4/p' | LC_ALL=C sort";
  return within(seconds, `[ "$(${table})" = ${command`${wanted}`} ]`);
}

/** Command that waits until a condition holds. Fails after `seconds`. */
const within = (seconds: number, condition: string): string =>
  `(for try in $(seq ${10 * seconds}); do ${condition} && exit; sleep 0.1; done; exit 1)`;

/** The real servers of a table whose weights differ from those of a keepalived.conf, as `Keepalived` lists them. */
export function otherWeights(config: string, table: readonly VirtualService[]): string[] {
  return configuredWeights(config).flatMap(({ key, real, weight, inhibit }) => {
    const found = table.find((service) => service.key === key)?.destinations[real]?.weight;
    const differs = found !== undefined && found !== weight && !(inhibit && found === 0);
    return differs ? [`${key.replace("-t ", "")} ${real} ${found}`] : [];
  });
}

/** The real servers of a table whose thresholds differ from those of a keepalived.conf, as `Keepalived` lists them. */
export function otherThresholds(config: string, table: readonly VirtualService[]): string[] {
  return configuredWeights(config).flatMap(({ key, real, thresholds }) => {
    const found = table.find((service) => service.key === key)?.destinations[real];
    const [wanted, seen] = [bothOf(thresholds), found && bothOf(found)];
    return seen !== undefined && seen !== wanted ? [`${key.replace("-t ", "")} ${real} ${seen}`] : [];
  });
}

const bothOf = ({ upperThreshold = 0, lowerThreshold = 0 }: Thresholds): string =>
  `${upperThreshold} ${lowerThreshold}`;

/** Seconds within which a keepalived that reloads has set new weights. */
const RELOAD_SECONDS = 5;

/**
 * Command that waits until the kernel's table has the weights and thresholds of a keepalived.conf, and then sets those that it has not: a reload changes only what
 * has changed in the file, not what was changed in the kernel (`clear_diff_rs` and `init_service_rs` in keepalived's ipwrapper.c).
 */
export function weightsAsIn(config: string): string {
  const wanted = configuredWeights(config).map(
    ({ key, real, weight, inhibit, thresholds }) =>
      `${key} ${real} ${weight} ${inhibit ? 0 : weight} ${bothOf(thresholds)}`,
  );
  const edits = command`{ ipvsadm --save --numeric; ipvsadm -ln --thresholds; } | awk -v wanted=${wanted.join(";")} ${EDITS}`;
  return `for try in $(seq ${10 * RELOAD_SECONDS}); do edits=$(${edits}); [ "$edits" ] || break; sleep 0.1; done; eval "$edits"`;
}

/**
 * Prints an ipvsadm command for each destination with another weight than it is to have, or may have, or with other thresholds. It reads
 * `ipvsadm --save`, which has no thresholds, and then `ipvsadm -ln --thresholds`, which has no weights.
 */
const EDITS = `BEGIN { n = split(wanted, rows, ";"); for (i = 1; i <= n; i++) { split(rows[i], f, " "); name = f[1] " " f[2] " " f[3]; is[name] = f[4]; may[name] = f[5]; limits[name] = f[6] " " f[7]; options[name] = (f[6] > 0 ? " -x " f[6] : "") (f[7] > 0 ? " -y " f[7] : "") } }
$1 == "-a" {
  for (i = 4; i <= NF; i++) { if ($i == "-r") real = $(i + 1); if ($i == "-w") weight = $(i + 1); if ($i ~ /^-[gmi]$/) method = $i }
  has[$2 " " $3 " " real] = weight; by[$2 " " $3 " " real] = method
}
/^(TCP|UDP|FWM) / { service = ($1 == "TCP" ? "-t" : $1 == "UDP" ? "-u" : "-f") " " $2 }
$1 == "->" && $3 ~ /^[0-9]+$/ { found[service " " $2] = $3 " " $4 }
END {
  for (name in is) if (name in has) {
    fits = has[name] == is[name] || has[name] == may[name]
    split(name, word, " ")
    if (!fits || found[name] != limits[name]) print "ipvsadm -e " word[1] " " word[2] " -r " word[3] " " by[name] " -w " (fits ? has[name] : is[name]) options[name]
  }
}`;

interface ConfiguredWeight {
  readonly key: string;
  readonly real: string;
  readonly weight: number;
  readonly inhibit: boolean;
  readonly thresholds: Thresholds;
}

const configuredWeights = (config: string): ConfiguredWeight[] =>
  parseVirtualServers(config).flatMap(({ key, realServers }) =>
    realServers.map(({ address, weight, inhibit, ...thresholds }) => ({
      key,
      real: address,
      weight,
      inhibit,
      thresholds,
    })),
  );

/** Command that lists IPVS's sync daemons. keepalived has one of the two at a time, by the state of its instance. */
const DAEMON = "ipvsadm -l --daemon --numeric";

/**
 * The sync daemon in the output of `ipvsadm -l --daemon`, in which it is `master sync daemon (mcast=eth0, syncid=51, …)`.
 * @returns `INTERFACE ID`; empty: there is none
 */
export const parseSyncDaemon = (text: string): string => {
  const [, device, id] = /^(?:master|backup) sync daemon \(mcast=([^,]+), syncid=(\d+)/m.exec(text) ?? [];
  return device === undefined ? "" : `${device} ${id}`;
};

/** Command that waits until the sync daemon is this one: it starts with the state of its instance. Fails after five seconds. */
function daemonIs(wanted: string): string {
  const [device = "", id = ""] = wanted.split(" ");
  const is =
    wanted === ""
      ? `! ${DAEMON} | grep -q mcast=`
      : `${DAEMON} | ${command`grep -q ${`(mcast=${device}, syncid=${id}[,)]`}`}`;
  return within(5, is);
}

const configTest = (path: string): string => command`keepalived --config-test --use-file ${path}`;

type Contents = readonly (readonly [keyword: string, sentence: string])[];

/** What may be in the VRRP half of keepalived.conf, by the keyword that tells: keepalived.conf(5). */
const vrrpContents: Contents = [
  ["nopreempt", "nopreempt: a director that returns leaves the VIP where it is."],
  ["preempt_delay", "preempt_delay: a director that returns leaves the VIP where it is for so many seconds."],
  ["use_vmac", "use_vmac: the VIP has a MAC address of its own, which goes with it."],
  [
    "unicast_peer",
    "unicast_peer: advertisements go to the other directors alone, rather than to the multicast address.",
  ],
  ["vrrp_sync_group", "vrrp_sync_group: its instances have one master."],
  [
    "vrrp_script",
    "vrrp_script: a command that keepalived runs again and again; its failure counts against the director.",
  ],
  ["vrrp_track_process", "vrrp_track_process: processes that must be there."],
  ["track_interface", "track_interface: interfaces that must be up."],
  ["bfd_instance", "bfd_instance: a BFD session with a server that is no director; track_bfd: it must be up."],
  ["notify", "notify: the script that keepalived runs at each change of state."],
  ["enable_script_security", "enable_script_security: keepalived runs nothing that others than root can change."],
  [
    "lvs_sync_daemon",
    "lvs_sync_daemon: the master tells the others of its connections, so that these survive a failover.",
  ],
];

/** What may be in the other half, that of virtual servers. */
const serviceContents: Contents = [
  ...healthCheckTypes
    .map(healthCheckKind)
    .map(({ keyword, title }) => [keyword, `${keyword}: what is checked is ${title}.`] as const),
  ["uthreshold", "uthreshold: at so many connections a real server gets no more."],
  ["lthreshold", "lthreshold: below so many it gets new ones again."],
  ["inhibit_on_failure", "inhibit_on_failure: a real server that fails stays in the table, with weight 0."],
  ["alpha", "alpha: real servers get requests only after their first successful check."],
  ["omega", "omega: a keepalived that stops mails about each real server, and runs quorum_down."],
  ["quorum", "quorum: the sum of the weights of healthy real servers that the service needs."],
  ["quorum_up", "quorum_up: a command that runs when the quorum is gained."],
  ["quorum_down", "quorum_down: a command that runs when it is lost."],
  ["sorry_server", "sorry_server: what answers below the quorum."],
];

/** Sentences on what is in a keepalived.conf beside the usual. */
function contentsOf(config: string): string[] {
  const services = config.search(/^virtual_server\b/m);
  const told = (half: string, contents: Contents): string[] =>
    contents.filter(([keyword]) => isIn(half, keyword)).map(([, sentence]) => sentence);
  return [...told(config.slice(0, services), vrrpContents), ...told(config.slice(services), serviceContents)];
}

const isIn = (config: string, keyword: string): boolean => new RegExp(`^\\s*${keyword}\\b`, "m").test(config);

export const role = defineRole({
  resource: keepalived,

  inputsOf(lab, server) {
    if (!isDirectorUnder("keepalived", lab, server)) return;
    const instances = vrrpPartsOf(lab, server);
    return {
      config: withCommandsFor(
        keepalivedConf({
          instances: instances.map((part) => ({ ...part, password: PASSWORD })),
          services: lab.services,
        }),
        server.os,
      ),
      passwords: instances.flatMap(({ password }) => password ?? []),
      syncDaemon: syncDaemonOf(instances),
      virtualServices: lab.services.map((service) => serviceLine(ipvsKeyOf(service), service)),
      notifyScript: notifyScriptOf(instances),
      programs: programsOf({ instances, services: lab.services }),
    };
  },

  packageGroups: () => ["ipvsadm", "keepalived"],
  after: ["mail"], // it may send mail as soon as it starts
  secrets: ["passwords"],

  byHand({ config, passwords, programs, notifyScript: script }, { server: { os } }) {
    const { service, config: path } = osFamilies[os].keepalived;
    return {
      steps: [
        ...(script === ""
          ? []
          : [
              {
                why: "The script that keepalived runs at each change of state. It logs them; none but root may write it.",
                commands: [typedFile(notifyScript.path, script), typed`chmod 0755 ${notifyScript.path}`],
                check: "keepalived-config",
              },
            ]),
        {
          why: [
            "keepalived's configuration: VRRP, by which the directors elect the one that has the VIP, and the IPVS table with its health checks.",
            ...contentsOf(config),
            "Each director has a file of its own, with another priority at least.",
          ].join(" "),
          commands: [typedFile(path, withPasswords(config.replace(GENERATED, ""), passwords))],
          check: "keepalived-config",
        },
        ...(programs.length === 0
          ? []
          : [
              {
                why: `See that keepalived finds ${listed(programs)}: it does without a program that is missing, with no more than a line in its log.`,
                commands: [typed`ls ${programs}`],
                check: "keepalived-config",
              },
            ]),
        {
          why: "Check the file: keepalived skips what it does not understand, with no more than a line in its log.",
          commands: [configTest(path)],
          check: "keepalived-config",
        },
        { why: "Start it, now and at each boot.", commands: typedStart(service, "restart"), check: "keepalived-log" },
      ],
    };
  },
});
