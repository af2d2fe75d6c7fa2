import { all } from "../../conf/tree.ts";
import { everyStatement, type Placed } from "../../conf/walk.ts";
import type { Instance } from "../../directors/instance.ts";
import type { Found, Rule } from "../rule.ts";

/** Blocks that have a name, or say of what they are. */
const named = [
  ...["vrrp_instance", "vrrp_sync_group", "vrrp_script", "vrrp_track_process", "vrrp_track_file", "track_file"],
  ...["bfd_instance", "virtual_server", "virtual_server_group", "real_server"],
];

/** Of these keepalived leaves the block out. */
const leftOut = ["vrrp_instance", "vrrp_sync_group"];

/** Whether a block has no name, and what it lacks. */
function* namelessAt({ at, kind, around }: Placed): Iterable<Found> {
  const [word] = at.words;
  const lacks = ["fwmark", "group"].includes(word ?? "") ? at.words.length < 2 : word === undefined;
  // track_file of an instance lists names.
  if (kind === undefined || !named.includes(at.keyword) || !lacks || (around && at.keyword !== "real_server")) return;
  const what = word ?? (/server$/.test(at.keyword) ? "address" : "name");
  yield {
    at,
    message: `this ${at.keyword} has no ${what}, and keepalived ${leftOut.includes(at.keyword) ? "leaves it out" : "does not start"}`,
    fix: `write it behind ${word ?? at.keyword}`,
  };
}

/** Entries of a virtual_server_group without a firewall mark. */
function* marklessIn({ at, kind }: Placed): Iterable<Found> {
  if (kind === undefined || at.keyword !== "virtual_server_group") return;
  for (const entry of all(at.block, "fwmark"))
    if (entry.words.length === 0)
      yield {
        at: entry,
        message: "this fwmark has no number, and keepalived does not start",
        fix: "write the firewall mark behind fwmark",
      };
}

/** What an instance lacks. Without addresses in strict mode: rule strict-forbids. */
function* lacks({
  at,
  id,
  version,
  family,
  strict,
  addresses,
  unicast,
  ...instance
}: Instance): Iterable<[string, string]> {
  if (id === undefined) yield ["virtual_router_id", "write virtual_router_id, 1 to 255, the same on all directors"];
  if (instance.interface === undefined && !unicast?.source) yield ["interface", INTERFACE];
  if (instance.interface === "lo") yield ["interface but lo, which VRRP cannot use", INTERFACE];
  if (addresses.length === 0 && !strict && (version === 3 || family === 6))
    yield [
      `virtual_ipaddress of IPv${family}, which VRRP version 3 wants`,
      family === 6
        ? "write a link-local address into virtual_ipaddress, and then the others"
        : "write a virtual_ipaddress",
    ];
}

const INTERFACE = "write the interface on which the directors see one another";

export const doesNotStart: Rule = {
  id: "does-not-start",
  title: "what keepalived does not start with",
  level: "error",
  why:
    "keepalived ends when it has read the file, all of its services with it: also those that are right. On a director that runs, a reload with such a file " +
    "ends it, too. `systemctl status keepalived` shows the last line of its log.",
  source:
    "chk_min_cfg() and vrrp_complete_instance() in keepalived's vrrp.c; vrrp_int_handler() in vrrp_parser.c; strvec_slot() in lib/vector.c; " +
    "http_get_check_end() in check_http.c; smtp_check_end_handler() in check_smtp.c, mended in 2.3.4",
  *look({ folder, directors }) {
    for (const { written } of folder.configurations)
      for (const one of everyStatement(written)) {
        yield* namelessAt(one);
        yield* marklessIn(one);
      }
    for (const { name: director, instances, virtualServers } of directors) {
      for (const instance of instances)
        for (const [what, fix] of lacks(instance))
          yield {
            at: instance.at,
            message: `${instance.name} of ${director} has no ${what}: keepalived does not start`,
            fix,
          };
      for (const one of instances)
        if (one.interface === undefined && one.unicast?.source)
          yield {
            at: one.at,
            level: "warning",
            message: `${one.name} of ${director} has no interface: keepalived 2.2 does not start, 2.3 takes unicast_src_ip for it`,
            fix: INTERFACE,
          };
      for (const { block } of virtualServers.flatMap(({ realServers }) => realServers)) {
        for (const check of all(block, "SMTP_CHECK"))
          if (all(check.block, "host").length > 0)
            yield {
              at: check,
              level: "warning",
              message: "keepalived 2.3.0 to 2.3.3 reads the host of an SMTP_CHECK without end, and does not start",
              fix: "write an SMTP_CHECK for each host, with its connect_ip, and no host; Debian 13 has 2.3.3",
            };
        for (const check of all(block, "HTTP_GET", "SSL_GET"))
          if (!all(check.block, "url").some((url) => all(url.block, "path").length > 0))
            yield {
              at: check,
              message: `${check.keyword} has no url with a path: keepalived 2.2 crashes, and 2.3 checks nothing`,
              fix: "write `url { path / }` into it, on lines of their own",
            };
      }
    }
  },
};
