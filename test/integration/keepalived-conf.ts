import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { countsOnce, hasBlock, type Keywords, keywords, since } from "../../rehearse/conf/keywords.ts";
import { valueFor } from "../../rehearse/conf/values.ts";
import { entryOf, isRefusal } from "../../rehearse/directors/address-range.ts";
import { directorOf } from "../../rehearse/directors/director.ts";
import { refusalOfRoute, refusalOfRule } from "../../rehearse/directors/route.ts";
import { type Configuration, readFolder } from "../../rehearse/folder.ts";
import { lint } from "../../rehearse/lint/index.ts";
import { CONFIG_ID, configurations as generated } from "../generate/configurations.ts";
import { type ConfigurationRead, readByKeepalived, readByUs } from "./configuration-read.ts";
import { openKeepalived } from "./keepalived-reads.ts";
import { isIn, type Release } from "./keepalived-releases.ts";

/** The files of a director as they are in its /etc/keepalived. */
function filesOf(folder: string, { file }: Configuration): { files: Record<string, string>; first: string } {
  const top = file.includes("/") ? join(folder, file.split("/")[0] as string) : folder;
  const entries = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map(({ parentPath, name }) => join(parentPath, name));
  return {
    files: Object.fromEntries(files.map((path) => [path.slice(top.length + 1), readFileSync(path, "utf8")])),
    first: join(folder, file).slice(top.length + 1),
  };
}

/** What is otherwise in a release than in 2.2.7. */
interface Differences {
  /** What it reads otherwise of the folders. */
  readonly folders: Readonly<Record<string, (read: ConfigurationRead) => ConfigurationRead>>;
  /** Values that it takes, as `BLOCK/KEYWORD WORD`. */
  readonly values: readonly string[];
  /** Keywords of which it says that there is a second line, and takes that one. */
  readonly twice: readonly string[];
  /** What makes it read without end, or crash. */
  readonly endless: readonly string[];
}

/** One that has no file, or two, spoils keepalived's list of them. */
const trackFiles = ["/track_file", "/vrrp_track_file"];

const differences: Readonly<Record<Release, Differences>> = {
  "2.2.7": {
    ...{ folders: {}, values: [], twice: [], endless: trackFiles },
  },
  "2.3.3": {
    folders: {
      // Of 10s it takes thousandths.
      "odd-values": (read) => withScript(read, "one", { interval: 0.01 }),
      // One address is one, whatever its prefix length.
      sequences: (read) => withoutAddress(read, "VI_1", "192.0.2.40"),
    },
    values: ["garp_interval", "gna_interval"].flatMap((keyword) =>
      [3600, 3601, 4294].map((seconds) => `garp_group: ${keyword} ${seconds}`),
    ),
    ...{ twice: ["SMTP_CHECK/helo_name"], endless: [...trackFiles, "SMTP_CHECK/host"] },
  },
};

const withScript = (read: ConfigurationRead, name: string, change: object): ConfigurationRead => ({
  ...read,
  scripts: { ...read.scripts, [name]: { ...read.scripts[name], ...change } },
});

const withoutAddress = (read: ConfigurationRead, name: string, address: string): ConfigurationRead => {
  const { addresses, ...others } = read.instances[name] as { addresses: string[] };
  const left = addresses.filter((one) => one !== address);
  return { ...read, instances: { ...read.instances, [name]: { ...others, addresses: left } } };
};

/** Compares how a release of keepalived reads configurations with how they are read here, and what it says of them with what lint does. */
export async function compareWith(release: Release): Promise<void> {
  const keepalived = await openKeepalived(release);
  const other = differences[release];
  afterAll(() => keepalived.end());

  describe(`a configuration is read as keepalived ${release} reads it`, () => {
    const cases = join(import.meta.dirname, "../unit/rehearse/conf");
    for (const folder of readdirSync(cases))
      it(folder, async () => {
        const { configurations } = readFolder(join(cases, folder));
        await Promise.all(
          configurations.map(async (configuration) => {
            const read = readByUs(directorOf(configuration), release);
            const ours = configuration.director === "lb1" ? (other.folders[folder]?.(read) ?? read) : read;
            const { files, first } = filesOf(join(cases, folder), configuration);
            const reading = await keepalived.readFiles(files, {
              ...{ file: first, configId: configuration.director, services: ours.realServers.length > 0 },
            });
            expect(ours, configuration.director).toEqual(readByKeepalived(reading, ours));
            expect(Object.keys(ours.instances)).not.toEqual([]);
          }),
        );
      });

    it("every keyword, at its place alone", async () => {
      const { config, unknown } = everyKeyword(release);
      const told = (await keepalived.test(config)).flatMap((line) => {
        const [, number, keyword] = /Line (\d+)\) Unknown keyword '(.*)'/.exec(line) ?? [];
        return number === undefined ? [] : [`${number} ${keyword}`];
      });
      expect([...new Set(told)].sort()).toEqual(unknown.sort());
    });

    it("no keyword without its value: keepalived does not start", async () => {
      const all = everyKeywordAlone(release);
      const statuses = await keepalived.statuses(all.map(({ config }) => config));
      const otherwise = all.filter(({ isValue }, index) => isValue !== (statuses[index] === 2));
      // It crashes, which is no start either.
      expect(otherwise.map(({ place }) => place)).toEqual(["bfd_instance/neighbor_ip", "bfd_instance/neighbour_ip"]);
    });

    it("every value that is known here, and what is not quite one", async () => {
      const { config, values } = everyValue(release);
      const said = new Map<number, string>();
      for (const line of await keepalived.test(config)) {
        const [, number, text = ""] = /Line (\d+)\) (.*)/.exec(line) ?? [];
        if (number !== undefined && !/is less than quorum|deprecated|conflicts with|of the same family/.test(text))
          said.set(Number(number), text);
      }
      const otherwise = values
        // Some keywords count once.
        .filter(
          ({ line, isRight }) => !/already set|is a duplicate/.test(said.get(line) ?? "") && isRight === said.has(line),
        )
        .map(({ line, text }) => `${text}: ${said.get(line) ?? "keepalived says nothing"}`);
      expect(otherwise.filter((one) => !other.values.includes(one.replace(/: keepalived says nothing$/, "")))).toEqual(
        [],
      );
      expect(values.filter(({ isRight }) => !isRight).length).toBeGreaterThan(5000);
    });

    it("no second line of a keyword of which the first one counts", async () => {
      const { config, seconds } = everyKeywordTwice(release);
      const told = new Map<number, string>();
      for (const line of await keepalived.test(config)) {
        const [, number, text = ""] =
          /Line (\d+)\) (.*already (?:specified|set|been specified).*|Digest .* is a duplicate)$/.exec(line) ?? [];
        if (number !== undefined && !/replacing$/.test(text)) told.set(Number(number), text);
      }
      const places = seconds.filter(({ line }) => told.has(line)).map(({ place }) => place);
      const counted = seconds.filter(({ block, keyword }) => countsOnce(block, keyword)).map(({ place }) => place);
      // Lists of names, whose readers know it themselves; an interface is in one group.
      const others = ["track_group/group", "vrrp_sync_group/group", "garp_group/interface"];
      expect(places.filter((place) => ![...others, ...other.twice].includes(place))).toEqual(counted);
    });

    it("no line of which it complains, for its keyword or its words, that lint does not tell", async () => {
      const missed: string[] = [];
      // Each half by itself: where the reading for VRRP ends early, lines of the other half would hide it.
      const { virtual_server, virtual_server_group, SSL, ...others } = keywords;
      for (const half of [others, { virtual_server, virtual_server_group, SSL } as Keywords]) {
        const { config, cases } = everyComplaint(release, half);
        const told = new Map<number, string>();
        for (const line of await keepalived.test(config)) {
          const [, number, text = ""] = /Line (\d+)\) (.*)/.exec(line) ?? [];
          if (number !== undefined && !/already|uplicate|eprecated|Please use/.test(text))
            told.set(Number(number), text);
        }
        const found = findingsIn(config);
        for (const { line, place } of cases)
          if (told.has(line) && !found.has(line)) missed.push(place in untold ? place : `${place}: ${told.get(line)}`);
        // keepalived has read to the end.
        expect(Math.max(...told.keys())).toBeGreaterThan(Math.max(...cases.map(({ line }) => line)) - 100);
      }
      // None of the exceptions has become needless.
      expect([...new Set(missed)].sort()).toEqual(Object.keys(untold).sort());
    });

    it.each([
      ["routes", everyRoute(), refusalOfRoute],
      ["rules", everyRule(), refusalOfRule],
    ] as const)("%s, and what is not quite one", async (kind, lines, refusalOf) => {
      const statuses = await keepalived.statuses(lines.map((line) => `static_${kind} {\n${line}\n}\n`));
      const otherwise = lines.flatMap((text, index) => {
        const [keyword = "", ...words] = text.split(" ");
        const { outcome, wrong } = refusalOf({ file: "", line: 0, text, keyword, words }) ?? {};
        const status = outcome === undefined ? 0 : outcome === "does not start" ? 2 : 5;
        return statuses[index] === status ? [] : [`${text}: ${wrong}, keepalived's status is ${statuses[index]}`];
      });
      expect(otherwise).toEqual([]);
      expect(statuses.filter((status) => status === 0).length).toBeGreaterThan(20);
    });

    it("every entry of a virtual server group, and what is not quite one", async () => {
      const entries = everyEntry();
      const config = ["virtual_server_group every {", ...entries, "}", ""].join("\n");
      const complained = new Set(
        (await keepalived.test(config)).flatMap((line) => /Line (\d+)\)/.exec(line)?.slice(1).map(Number) ?? []),
      );
      const refused = entries.filter((text) => {
        const [keyword = "", ...words] = text.split(" ");
        return isRefusal(entryOf({ file: "", line: 0, text, keyword, words }));
      });
      expect(refused.length).toBeGreaterThan(500);
      expect(refused).toEqual(entries.filter((_, index) => complained.has(index + 2)));
    });

    it("the hosts of an SMTP_CHECK, some releases without end", async () => {
      const host = ["host {", "connect_ip 192.0.2.21", "}"].join("\n");
      const smtp = `SMTP_CHECK {\n${host}\n}`;
      const config = `virtual_server 192.0.2.100 25 {\nprotocol TCP\nreal_server 192.0.2.21 25 {\n${smtp}\n}\n}\n`;
      const [status] = await keepalived.statuses([config]);
      expect(status === 137).toBe(other.endless.includes("SMTP_CHECK/host"));
    });

    it("an instance on lo, and does not start", async () => {
      const config = "vrrp_instance VI {\ninterface lo\nvirtual_router_id 51\nvirtual_ipaddress {\n192.0.2.100\n}\n}\n";
      const { log } = await keepalived.readFiles(
        { "keepalived.conf": config },
        { file: "keepalived.conf", configId: CONFIG_ID, services: false },
      );
      expect(log.join("\n")).toMatch(/pid \d+ exited with permanent error CONFIG/);
    });

    /** Other configurations: `LVS_LAB_SEED=7 npm test -- FILE`; more: `LVS_LAB_RUNS=500`. A failure prints the seed, and the smallest one that fails. */
    const seed = Number(process.env.LVS_LAB_SEED ?? 5);
    const numRuns = Number(process.env.LVS_LAB_RUNS ?? 8);

    it("whatever syntax it is written in", { timeout: 240_000 + numRuns * 6000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(generated, { minLength: 1, maxLength: 5, size: "max" }), async (several) => {
          await Promise.all(
            several.map(async ({ plain, files }) => {
              const meant = readText(release, { "keepalived.conf": plain });
              const ours = readText(release, files);
              expect(ours).toEqual(meant);
              const reading = await keepalived.readFiles(files, {
                ...{ file: "keepalived.conf", configId: CONFIG_ID, services: ours.realServers.length > 0 },
              });
              expect(reading.test.filter((line) => !isDefault.test(line))).toEqual([]);
              expect(ours).toEqual(readByKeepalived(reading, ours));
            }),
          );
        }),
        {
          seed,
          numRuns,

          interruptAfterTimeLimit: Math.max(180_000, numRuns * 6000),
          markInterruptAsFailure: true,
        },
      );
    });
  });
}

const OF_THE_MACHINE = "what the director's machine has: interfaces, users, processors";
const OF_NO_SERVICE = "no service depends on it";

/** What lint leaves to keepalived's own test, with the reason. */
const untold: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["/linkbeat_interfaces", "/interface_up_down_delays", "global_defs/script_user"],
      ...["global_defs/vrrp_cpu_affinity", "global_defs/checker_cpu_affinity"],
      ...["global_defs/bfd_cpu_affinity", "vrrp_script/user", "MISC_CHECK/user"],
      ...["global_defs/startup_script", "global_defs/shutdown_script"],
    ].map((place) => [place, OF_THE_MACHINE]),
  ),
  ...Object.fromEntries(
    ["reload_time_file", "umask", "snmp_socket"].map((keyword) => [`global_defs/${keyword}`, OF_NO_SERVICE]),
  ),
  ...{ "virtual_server/snmp_name": OF_NO_SERVICE, "real_server/snmp_name": OF_NO_SERVICE },
  "authentication/auth_pass": "without auth_type there is no authentication",
  "virtual_server/hashed": "it never had an effect",
  "global_defs/vrrp_iptables": "another way to filter packets does the same",
  "vrrp_instance/native_ipv6": "the addresses are of IPv4, of which other rules tell",
  "global_defs/vrrp_garp_interval": "0 is in examples, and the default",
  "global_defs/vrrp_gna_interval": "0 is in examples, and the default",
};

/** Whether keepalived reads nothing more of the block once the value is wrong. */
const leavesBlock = (keyword: string): boolean => /^neighbou?r_ip$/.test(keyword);

/** A configuration with every keyword of some blocks in a block of its own, once with each of some words, but those that are of `everyValue`; and where they stand. */
function everyComplaint(
  release: Release,
  half: Keywords,
): { config: string; cases: { line: number; place: string }[] } {
  const words = ["", "0", "-1", "100000", "abc", "192.0.2.300", "ff02::12", "abc def"];
  const lines: string[] = [];
  const cases: { line: number; place: string }[] = [];
  let count = 0;
  /** How a block begins, complete but for the one line. */
  const opening = (block: string): string[] => {
    const [high, low] = [count >> 8, count & 255];
    const begin: Readonly<Record<string, string[]>> = {
      virtual_server: [`virtual_server 10.1.${high}.${low} 80 {`, "protocol TCP", "lb_algo rr"],
      real_server: ["real_server 192.0.2.21 80 {"],
      vrrp_instance: [
        ...[`vrrp_instance V${count} {`, "interface lo", `virtual_router_id ${1 + (count % 255)}`],
        ...["virtual_ipaddress {", `10.2.${high}.${low}`, "}"],
      ],
      vrrp_script: [`vrrp_script S${count} {`, "script /bin/true"],
      vrrp_track_process: [`vrrp_track_process p${count} {`, "process x"],
      bfd_instance: [`bfd_instance b${count} {`, `neighbor_ip 10.3.${high}.${low}`],
      // keepalived 2.2.7 crashes without.
      ...Object.fromEntries(["HTTP_GET", "SSL_GET"].map((kind) => [kind, [`${kind} {`, "url {", "path /", "}"]])),
      url: ["url {", "path /"],
      MISC_CHECK: ["MISC_CHECK {", "misc_path /bin/true"],
    };
    return begin[block] ?? [`${block} x${count} {`];
  };
  const write = (block: Keywords, path: readonly string[]): void => {
    const name = path.at(-1) ?? "";
    for (const [keyword, kind] of Object.entries(block)) {
      // keepalived moves into the first, reads others by the second, and asks DNS for the third. Routes and rules have a test of their own.
      if (
        /^net_namespace|^include_check$|^smtp_server$|_(routes|rules)$/.test(keyword) ||
        isUnknown(release, name, keyword)
      )
        continue;
      if (differences[release].endless.includes(`${name}/${keyword}`)) continue;
      if (typeof kind === "object") write(kind, [...path, keyword]);
      else
        for (const word of words) {
          if (word === "" ? ["value", "list"].includes(kind) : valueFor(name, keyword) && !leavesBlock(keyword))
            continue;
          count++;
          lines.push(...path.flatMap(opening));
          if (kind === "list")
            lines.push(`${keyword} ${keyword === "virtual_server_group" ? `g${count}` : ""} {`, word, "}");
          else lines.push(`${keyword} ${word}`);
          cases.push({ line: lines.length - (kind === "list" ? 1 : 0), place: `${name}/${keyword}` });
          lines.push(...path.map(() => "}"));
        }
    }
  };
  write(half, []);
  return { config: `${lines.join("\n")}\n`, cases };
}

/** The lines of a configuration of which lint tells something. */
const findingsIn = (config: string): ReadonlySet<number> =>
  inFolder({ "lb1.conf": config }, (folder) => new Set(lint(readFolder(folder)).map(({ at }) => at.line)));

/** Reads files, by their paths, in a folder that is then gone. */
function inFolder<T>(files: Readonly<Record<string, string>>, read: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "lvs-lab-configuration-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return read(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A configuration with every keyword twice in each block, and which lines are the second ones. */
function everyKeywordTwice(release: Release): {
  config: string;
  seconds: { line: number; block: string; keyword: string; place: string }[];
} {
  const lines = ["global_defs {", "script_user root", "}"];
  const seconds: { line: number; block: string; keyword: string; place: string }[] = [];
  const write = (block: Keywords, name: string): void => {
    for (const [keyword, kind] of Object.entries(block)) {
      // keepalived moves into the first. The second ones are the same as nftables.
      if (/^(net_namespace|nftables_.*)$/.test(keyword) || isUnknown(release, name, keyword)) continue;
      const isBlock = hasBlock(kind);
      for (const _ of typeof kind === "object" ? [1] : [1, 2]) {
        lines.push(`${keyword} ${wordsOfBlocks[keyword] ?? wordOf(keyword)}`);
        if (isBlock) lines.push("{");
        if (keyword === "url") lines.push("path /"); // keepalived 2.2.7 crashes without
        if (typeof kind === "object") write(kind, keyword);
        if (isBlock) lines.push("}");
      }
      if (typeof kind !== "object")
        seconds.push({ line: lines.length - (isBlock ? 2 : 0), block: name, keyword, place: `${name}/${keyword}` });
    }
  };
  write(keywords, "");
  return { config: `${lines.join("\n")}\n`, seconds };
}

function wordOf(keyword: string): string {
  if (/notify|^quorum_(up|down)$/.test(keyword) && !/priority_changes|notifies/.test(keyword)) return "/bin/true";
  return { script_user: "root", digest: "0".repeat(32) }[keyword] ?? "1";
}

/** Routes, all with `no_track`: without it keepalived warns of a route that names no interface. */
function everyRoute(): string[] {
  const destinations = ["198.51.100.0/24", "198.51.100.0/33", "198.51.100", "to 198.51.100.7", "default", "any", "web"];
  const others = [
    "unicast 198.51.100.0/24",
    "to blackhole 198.51.100.0/24",
    "2001:db8::/64",
    "inet6 default",
    "default6",
  ];
  const gateways = ["via 192.0.2.1", "via 192.0.2.300", "via inet 192.0.2.1 metric 7", "via inet6 2001:db8::1", "via"];
  const sources = ["src 192.0.2.2", "src 2001:db8::2", "from 2001:db8::/64"];
  const options = ["scope link", "metric 5", "mtu lock 1400", "onlink", "table 100", "table", "mtu lock", "web"];
  return [...destinations, ...others, ""].flatMap((destination) =>
    ["", ...gateways, ...sources, ...options].map((rest) => joined("no_track", destination, rest)),
  );
}

/** Rules, all with a priority: without one keepalived warns. */
function everyRule(): string[] {
  const selectors = ["from 192.0.2.0/24", "to 192.0.2.9", "from 192.0.2.0/33", "from 192.0.2.300", "not from all"];
  const others = ["from 2001:db8::/64 to 192.0.2.0/24", "fwmark 7", "inet6", ""];
  const tables = [
    "table 100",
    "lookup 100",
    "table 100 priority 50",
    "table 100 blackhole",
    "lookup main pref 10",
    "table",
  ];
  const actions = ["blackhole", "prohibit priority 9", "nop", "type blackhole", "goto 200 priority 100"];
  return [...selectors, ...others].flatMap((selector) =>
    ["", "web", "preference", ...tables, ...actions].map((rest) => joined("priority 40", selector, rest)),
  );
}

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join(" ");

/** Lines of a virtual server group. */
function everyEntry(): string[] {
  const starts = ["192.0.2.10", "192.0.2.0", "192.0.2.300", "web", "2001:db8::10", "2001:db8::", "2001:db8:0:8000::"];
  const parts = ["", "9", "10", "11", "255", "256", "f", "1f", "ffff", "10000", "web"];
  const ends = ["192.0.2.9", "192.0.2.10", "192.0.2.11", "192.0.3.1", "2001:db8::f", "2001:db8::10", "2001:db8:1::"];
  const lengths = [
    "",
    "0",
    "1",
    "24",
    "28",
    "31",
    "32",
    "33",
    "48",
    "49",
    "64",
    "112",
    "124",
    "127",
    "128",
    "129",
    "x",
  ];
  const addresses = starts.flatMap((start) => [
    start,
    ...[...parts, ...ends].map((end) => `${start}-${end}`),
    ...lengths.map((length) => `${start}/${length}`),
  ]);
  const marks = ["7", "4294967295", "4294967296", "-1", "x"].flatMap((mark) =>
    ["", " inet", " inet6", " ipv4"].map((family) => `fwmark ${mark}${family}`),
  );
  // Of such a range keepalived takes the digits, and its --config-test nothing.
  const clear = addresses.filter((one) => !/^192\S*-1f|^2001\S*-\d+\./.test(one));
  return [...clear.flatMap((one) => ["", " 80", " 0", " http", " 70000"].map((port) => one + port)), ...marks];
}

/** Words without which keepalived skips the block. */
const wordsOfBlocks: Readonly<Record<string, string>> = {
  virtual_server: "192.0.2.100 80",
  real_server: "192.0.2.21 80",
};

/** Keywords that a release as Debian builds it does not know: newer ones; and ipsets, which it is built without. */
const isUnknown = (release: Release, block: string, keyword: string): boolean =>
  keyword === "no_such_keyword" || keyword === "vrrp_ipsets" || !isIn(release, since[`${block}/${keyword}`] ?? "0");

/** A configuration with every keyword, and in each block one that keepalived does not have; which of its lines it does not know. */
function everyKeyword(release: Release): { config: string; unknown: string[] } {
  const lines: string[] = [];
  const unknown: string[] = [];
  const write = (block: Keywords, name: string): void => {
    for (const [keyword, kind] of Object.entries({ ...block, no_such_keyword: "line" } as Keywords)) {
      if (keyword === "net_namespace") continue; // keepalived moves into it
      lines.push(`${keyword} ${wordsOfBlocks[keyword] ?? "1"}`);
      if (isUnknown(release, name, keyword)) unknown.push(`${lines.length} ${keyword}`);
      else if (hasBlock(kind)) {
        lines.push("{");
        if (kind !== "list") write(kind, keyword);
        lines.push("}");
      }
    }
  };
  write(keywords, "");
  return { config: `${lines.join("\n")}\n`, unknown };
}

/** A configuration for each keyword that is no block, without a word behind it; equal blocks are there once. */
function everyKeywordAlone(release: Release): { place: string; config: string; isValue: boolean }[] {
  const seen = new Set<Keywords>();
  const within = (block: Keywords, path: readonly string[]): { place: string; config: string; isValue: boolean }[] => {
    if (seen.has(block)) return [];
    seen.add(block);
    return Object.entries(block).flatMap(([keyword, kind]) => {
      if (typeof kind === "object") return within(kind, [...path, keyword]);
      if (kind === "list" || isUnknown(release, path.at(-1) ?? "", keyword)) return [];
      const opened = path.map((one) => `${one} ${wordsOfBlocks[one] ?? "1"} {\n`).join("");
      const config = `${opened}${keyword}\n${"}\n".repeat(path.length)}`;
      return [{ place: [...path, keyword].join("/"), config, isValue: kind === "value" }];
    });
  };
  return within(keywords, []).filter(({ place }) => !place.includes("auth_hmac"));
}

/** Values, and what is not quite one. */
const valueWords = [
  ...[
    "0",
    "1",
    "2",
    "-1",
    "-254",
    "-255",
    "100",
    "253",
    "254",
    "255",
    "256",
    "1000",
    "1001",
    "3600",
    "3601",
    "4294",
    "4295",
  ],
  ...["65535", "65536", "2678400", "2678401", "2147483647", "2147483648", "4294967295", "4294967296", "99999999999"],
  ...["abc", "10s", "1.5", "0.01", "0.001", ".5", "1.", "1.0000001", "+5", "010", "0x10", "1e2", "1,5"],
  ...["true", "no", "On", "MASTER", "master", "FAULT", "BACKUP", "rr", "RR", "nq", "pcc", "NAT", "dr", "DR", "TUN"],
  ...["192.0.2.1", "192.0.2.300", "192.0.2.1/24", "192.0.2", "2001:db8::1", "2001:db8::g", "host.example"],
  ...["200-299", "299-200", "99-100", "599", "599-600", "200-", "1.0", "1.1", "1.0c", "1.0C", "2.0", "1"],
  ...[
    "d41d8cd98f00b204e9800998ecf8427e",
    "D41D8CD98F00B204E9800998ECF8427E",
    "d41d8cd98f00b204e9800998ecf8427",
    "g41d8cd98f00b204e9800998ecf8427e",
  ],
  ...["PASS", "pass", "AH", "TCP", "udp", "SCTP", "ICMP", "inet", "inet6", "INET"],
];

/** A configuration with every value that is known here, in every block that has its keyword; and where they stand. */
function everyValue(release: Release): { config: string; values: { line: number; text: string; isRight: boolean }[] } {
  const lines: string[] = [];
  const values: { line: number; text: string; isRight: boolean }[] = [];
  const write = (block: Keywords, name: string): void => {
    for (const [keyword, kind] of Object.entries(block)) {
      if (isUnknown(release, name, keyword)) continue;
      const value = leavesBlock(keyword) ? undefined : valueFor(name, keyword);
      for (const word of value ? valueWords : []) {
        lines.push(`${keyword} ${word}`);
        values.push({
          ...{ line: lines.length, text: `${name}: ${keyword} ${word}` },
          isRight:
            (value?.isRight(word) ?? true) ||
            (isIn(release, value?.fractionsSince ?? "9") && /^(?:\d+\.\d{0,3}|\.\d{1,3})$/.test(word)),
        });
      }
      if (typeof kind !== "object") continue;
      lines.push(`${keyword} ${wordsOfBlocks[keyword] ?? "1"} {`);
      if (keyword === "url") lines.push("path /"); // keepalived 2.2.7 crashes without
      write(kind, keyword);
      lines.push("}");
    }
  };
  write(keywords, "");
  return { config: `${lines.join("\n")}\n`, values };
}

/** What keepalived says about sound configurations: of braces in an include, that one of their choices is missing. */
const isDefault = /Some config files missing/;

function readText(release: Release, files: Readonly<Record<string, string>>): ConfigurationRead {
  const own = Object.fromEntries(Object.entries(files).map(([path, text]) => [join(CONFIG_ID, path), text]));
  return inFolder(own, (folder) => {
    const { configurations } = readFolder(folder);
    const [configuration] = configurations;
    if (!configuration || configurations.length > 1) throw new Error(`${configurations.length} directors`);
    expect(configuration.unread).toEqual([]);
    return readByUs(directorOf(configuration), release);
  });
}
