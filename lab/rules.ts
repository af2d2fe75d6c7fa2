import { bfdRules } from "./bfd-rules.ts";
import { defaultInstanceName } from "./defaults.ts";
import {
  clashing,
  type FileNames,
  instancesOf,
  type LabDraft,
  masters,
  methodOf,
  nameOf,
  networkAt,
  priorityOf,
  references,
  type ServiceDraft,
  serversOf,
  servicesOf,
  versionOf,
  withRole,
} from "./draft.ts";
import { familyRules } from "./family-rules.ts";
import { forwardingMethods } from "./forwarding/index.ts";
import { familyOf, hostPort, parseIp } from "./ip.ts";
import { networkRules } from "./network-rules.ts";
import { defaultOs, guestOs } from "./os.ts";
import { poolRules } from "./pool-rules.ts";
import { quorumProperties } from "./quorum.ts";
import { schedulingMethods } from "./schedulers/index.ts";
import { defaultVirtualRouterId, labName, labNameExpected } from "./schema.ts";
import { vrrpRules } from "./vrrp-rules.ts";
import type { Path } from "./yaml/document.ts";
import type { Rule } from "./yaml/rules.ts";

/** How many directors each kind of control takes. */
const directorCounts = {
  ipvsadm: { min: 1, max: 1 },
  keepalived: { min: 2, max: Number.POSITIVE_INFINITY },
};

/** What tells a service from others in the IPVS table: protocol, VIP and port. Undefined while one is not known. */
const serviceKey = (service: ServiceDraft): string | undefined => {
  const port = "port" in service ? service.port : 80;
  const protocol = "protocol" in service ? service.protocol : "tcp";
  if (service.vip === undefined || port === undefined || protocol === undefined) return undefined;
  const vip = parseIp(service.vip);
  return vip && `${hostPort(vip, port)}${protocol === "udp" ? "/udp" : ""}`;
};

/** The rules that look at more than one property, by the name that a problem carries. */
export const rules: Record<string, Rule<LabDraft, FileNames>> = {
  ...networkRules,
  ...familyRules,
  ...poolRules,

  *"lab-name"(draft, { base }) {
    if (!("name" in draft) && !labName.test(base)) {
      yield {
        path: ["name"],
        expected: `${labNameExpected}, which the file's name is not`,
        found: base,
        remedy: "give the lab a name, such as `name: ha`, or rename the file",
      };
    }
  },

  *"duplicate-name"(draft) {
    for (const { index, value, earlier } of clashing(
      serversOf(draft).map(({ index, server }) => [index, server.name]),
    )) {
      yield {
        path: ["servers", index, "name"],
        expected: "a name that no other server has",
        found: `${value}, which servers[${earlier}] has`,
        remedy: "choose another name",
        other: ["servers", earlier, "name"],
      };
    }
  },

  *"image-of-two-kinds"(draft) {
    if (draft.image?.url !== undefined && draft.image.packages === "baked") {
      yield {
        path: ["image", "url"],
        atKey: true,
        expected: "no url with `packages: baked`, which is an image that is built",
        remedy: "remove one of the two: packages reach a cloud image over SSH",
        other: ["image", "packages"],
      };
    }
  },

  *"image-checksum"(draft) {
    if (draft.image === undefined) return;
    const { url, checksum } = draft.image;
    if ("url" in draft.image && "checksum" in draft.image) return; // one of them may be invalid, and is reported so
    if (url !== undefined)
      yield {
        path: ["image", "url"],
        atKey: true,
        expected: "a `checksum` beside it, which says what is to be there",
        remedy:
          "write `checksum: sha512:` and, after it, what `sha512sum FILE` prints, or what SHA512SUMS says, beside a Debian image",
      };
    if (checksum !== undefined)
      yield {
        path: ["image", "checksum"],
        atKey: true,
        expected: "no checksum without a `url`: an image that is built needs none",
        remedy: "add the image's `url`, or remove the checksum",
      };
  },

  *"image-of-two-systems"(draft) {
    if (draft.image?.url === undefined || ("os" in draft && draft.os === undefined)) return;
    const all = guestOs(draft.os ?? defaultOs);
    for (const { index, server } of serversOf(draft)) {
      if (server.os !== undefined && guestOs(server.os) !== all) {
        yield {
          path: ["servers", index, "os"],
          expected: `${all}, as the image at \`image.url\` is for all servers`,
          remedy: "remove one of the two: without `image.url` there is an image for each operating system",
          other: ["image", "url"],
        };
      }
    }
  },

  *"baked-manual-lab"(draft) {
    if (draft.setup === "manual" && draft.image?.packages === "baked") {
      yield {
        path: ["image", "packages"],
        expected: "plain with `setup: manual`: to install the packages is part of the exercise",
        remedy: "write `packages: plain`, or leave it out",
        other: ["setup"],
      };
    }
  },

  *directors(draft) {
    const names = withRole(draft, "director");
    const { control } = draft;
    if (control === undefined || names === undefined) {
      return;
    }
    const { min, max } = directorCounts[control];
    if (names.length < min || names.length > max) {
      yield {
        path: ["servers"],
        expected: `${max === min ? `exactly ${min}` : `${min} or more`} with \`role: director\` where ${control} is in control`,
        found: names.length === 0 ? "none" : `${names.length}: ${names.join(", ")}`,
        remedy:
          names.length < min ? "give one more server `role: director`" : "keep one, or write `control: keepalived`",
      };
    }
  },

  *"real-servers"(draft) {
    if (withRole(draft, "real-server")?.length === 0) {
      yield {
        path: ["servers"],
        expected: "1 or more with `role: real-server`",
        found: "none",
        remedy: "add a server with `role: real-server`; the textbook has two, so that balancing is seen",
      };
    }
  },

  *"unknown-server"(draft) {
    if (!draft.servers?.every((server) => server?.name !== undefined)) return;
    for (const { path, name, role } of references(draft)) {
      const found = serversOf(draft).find(({ server }) => server.name === name);
      if (found && found.server.role === undefined) continue;
      const names = serversOf(draft).flatMap(({ server }) => (server.role === role ? [server.name] : []));
      // The one director of ipvsadm may serve, too.
      if (role === "real-server" && found?.server.role === "director" && draft.control !== "keepalived") continue;
      if (found?.server.role !== role) {
        yield {
          path,
          expected: `the name of a server with \`role: ${role}\``,
          found: found ? `${name}, a ${found.server.role?.replace("-", " ")}` : name,
          remedy: names.length > 0 ? `choose one of ${names.join(", ")}` : `add a server with \`role: ${role}\``,
        };
      }
    }
  },

  *"local-by-another-method"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      const method = methodOf(service);
      for (const [at, real] of (service.realServers ?? []).entries()) {
        const server = serversOf(draft).find((one) => one.server.name === real?.server)?.server;
        if (server?.role === "director" && method && method !== forwardingMethods.dr) {
          yield {
            path: ["services", index, "realServers", at, "server"],
            expected:
              "a real server that is not the director: what the director serves itself is not forwarded by any method",
            remedy: "write `forwarding: dr`, the default, in the service, or remove it",
            other: ["services", index, "forwarding"],
          };
        }
      }
    }
  },

  *"named-twice"(draft) {
    const named = references(draft);
    const inList = named.map(({ path, name }, at) => [at, `${path.slice(0, -2).join(".")} ${name}`] as const);
    for (const { index, earlier } of clashing(inList)) {
      yield {
        path: named[index]?.path ?? [],
        expected: "each server once",
        found: `${named[index]?.name} a second time`,
        remedy: "remove one of the two",
        other: named[earlier]?.path ?? [],
      };
    }
  },

  *"real-server-without-service"(draft) {
    const services = draft.services ?? [];
    if (services.length === 0 || services.some((service) => service?.realServers === undefined)) return;
    const named = new Set([
      ...services.flatMap((service) => service?.realServers?.map((each) => each?.server) ?? []),
      ...services.flatMap((service) => service?.sorryServer?.server ?? []),
    ]);
    if (named.has(undefined)) return;
    for (const { index, server } of serversOf(draft)) {
      if (server.role === "real-server" && server.name !== undefined && !named.has(server.name)) {
        yield {
          path: ["servers", index, "role"],
          expected: "every real server in a service's `realServers`",
          found: `${server.name} in none`,
          remedy: `add \`- { server: ${server.name} }\` there, or leave \`realServers\` out for all of them`,
          other: ["services", 0, "realServers"],
        };
      }
    }
  },

  *"no-weight"(draft) {
    for (const [index, service] of (draft.services ?? []).entries()) {
      const list = service?.realServers ?? [];
      if (list.length > 0 && list.every((each) => each?.weight === 0)) {
        yield {
          path: ["services", index, "realServers", 0, "weight"],
          expected: "a weight above 0 on one real server at least: a weight of 0 gets no new connections",
          found: "0 on all of them",
          remedy: "write `weight: 1`, or leave it out",
        };
      }
    }
  },

  *"arp-cure-of-a-director"(draft) {
    for (const { index, server } of serversOf(draft)) {
      if (server.role === "director" && server.arpCure !== undefined) {
        yield {
          path: ["servers", index, "arpCure"],
          atKey: true,
          expected: "arpCure on a real server only",
          found: `it on ${nameOf(draft, index)}, a director`,
          remedy: "remove it: a director is to answer for the VIP",
        };
      }
    }
  },

  *"keepalived-only"(draft) {
    if (draft.control !== "ipvsadm") {
      return;
    }
    const paths: Path[] = [
      ...(draft.vrrp === undefined ? [] : [["vrrp"]]),
      ...(draft.services ?? []).flatMap((service, index) =>
        Object.entries(service ?? {}).flatMap(([key, value]) =>
          value !== undefined && (key === "healthCheck" || key in quorumProperties) ? [["services", index, key]] : [],
        ),
      ),
    ];
    for (const path of paths) {
      yield {
        path,
        atKey: true,
        expected: `no ${String(path.at(-1))} with \`control: ipvsadm\`, which has no keepalived`,
        found: "it",
        remedy: "remove it, or write `control: keepalived`",
        other: ["control"],
      };
    }
  },

  *"no-instance"(draft) {
    if (draft.control === "keepalived" && !("vrrp" in draft)) {
      yield {
        path: ["vrrp"],
        expected: "a VRRP instance with `control: keepalived`: the directors elect one of them to hold the VIP",
        found: "nothing",
        remedy: "write `vrrp:` and, indented under it, `- members:` with the directors and their priorities",
        other: ["control"],
      };
    }
  },

  *"director-without-instance"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      const members = instance.members?.map((each) => each?.server);
      if (!members?.every((name) => name !== undefined)) continue;
      for (const { name, role } of serversOf(draft).map(({ server }) => server)) {
        if (role === "director" && name !== undefined && !members.includes(name)) {
          yield {
            path: ["vrrp", index, "members"],
            expected: "every director",
            found: `not ${name}`,
            remedy: `add \`- { server: ${name}, priority: … }\``,
          };
        }
      }
    }
  },

  *"vip-of-no-service"(draft) {
    const vips = (draft.services ?? []).map((service) => service?.vip);
    const routes = (draft.networks ?? []).map((network) => network?.defaultRoute);
    for (const [index, instance] of instancesOf(draft)) {
      for (const [at, address] of (instance.addresses ?? []).entries()) {
        if (address !== undefined && ![...vips, ...routes].includes(address) && !vips.includes(undefined)) {
          yield {
            path: ["vrrp", index, "addresses", at],
            expected: "the VIP of a service, or the default route of a network",
            remedy: `choose one of ${vips.join(", ")}`,
          };
        }
      }
    }
  },

  *"duplicate-service"(draft) {
    const keys = (draft.services ?? []).map((service, index) => [index, service && serviceKey(service)] as const);
    for (const { index, value, earlier } of clashing(keys)) {
      yield {
        path: ["services", index, "vip"],
        expected: "a protocol, VIP and port that no other service has",
        found: `${value}, which services[${earlier}] has`,
        remedy: "choose another port or another VIP",
        other: ["services", earlier, "vip"],
      };
    }
  },

  *"duplicate-service-name"(draft) {
    const names = (draft.services ?? []).map((service, index) => [index, service?.name] as const);
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["services", index, "name"],
        expected: "a name that no other service has",
        found: `${value}, which services[${earlier}] has`,
        remedy: "choose another name, or leave it out for VIP:PORT",
        other: ["services", earlier, "name"],
      };
    }
  },

  *"ports-without-mark"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      if (service.morePorts !== undefined && !("firewallMark" in service)) {
        yield {
          path: ["services", index, "morePorts"],
          atKey: true,
          expected: "no morePorts without `firewallMark`: IPVS knows several ports as one service by a mark alone",
          found: "it",
          remedy: "write `firewallMark: 1` beside it, or remove it",
        };
      }
    }
  },

  *"port-of-two-services"(draft) {
    const all = servicesOf(draft).flatMap(([index, service]) => {
      const first = serviceKey(service);
      const more = (service.morePorts ?? []).map((port, at) => ({
        path: ["services", index, "morePorts", at],
        key: port === undefined ? undefined : serviceKey({ ...service, port }),
      }));
      return [{ path: ["services", index, "vip"], key: first }, ...more];
    });
    for (const { index, value, earlier } of clashing(all.map(({ key }, at) => [at, key] as const))) {
      const [one, other] = [all[index], all[earlier]];
      // Two services without a group are the rule duplicate-service.
      if (!one || !other || (one.path[2] === "vip" && other.path[2] === "vip")) continue;
      yield {
        path: one.path,
        expected: "each protocol, VIP and port in one service, once",
        found: `${value}, which is there already`,
        remedy: "remove one of the two, or choose another VIP",
        other: other.path,
      };
    }
  },

  *"mark-of-two-services"(draft) {
    const marks = servicesOf(draft).map(([index, { firewallMark }]) => [index, firewallMark] as const);
    for (const { index, value, earlier } of clashing(marks)) {
      yield {
        path: ["services", index, "firewallMark"],
        expected: "a mark of its own for each service",
        found: `${value}, which services[${earlier}] has`,
        remedy: "choose another number",
        other: ["services", earlier, "firewallMark"],
      };
    }
  },

  *"port-of-marked-real-server"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      for (const [at, real] of service.firewallMark === undefined ? [] : (service.realServers ?? []).entries()) {
        if (real?.port !== undefined) {
          yield {
            path: ["services", index, "realServers", at, "port"],
            atKey: true,
            expected: "no port of a real server where the service has a `firewallMark`: packets keep their own",
            found: "it",
            remedy: "remove it",
            other: ["services", index, "firewallMark"],
          };
        }
      }
    }
  },

  *"netmask-without-persistence"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      if (service.persistenceNetmask !== undefined && !("persistenceTimeout" in service)) {
        yield {
          path: ["services", index, "persistenceNetmask"],
          atKey: true,
          expected: "no persistenceNetmask without `persistenceTimeout`: it says which clients stay together",
          found: "it",
          remedy: "write `persistenceTimeout: 50` beside it, or remove it",
        };
      }
    }
  },

  *"one-packet-of-tcp"(draft) {
    for (const [index, service] of servicesOf(draft)) {
      if (service.onePacket !== true) continue;
      const place = { path: ["services", index, "onePacket"], atKey: true };
      if (!("protocol" in service) || service.protocol === "tcp") {
        yield {
          ...place,
          expected: "it with `protocol: udp` alone: a TCP connection is more than a packet (ipvsadm(8), --ops)",
          found: "a TCP service",
          remedy: "write `protocol: udp`, or remove it",
        };
      } else if ("persistenceTimeout" in service) {
        yield {
          ...place,
          expected: "no onePacket with `persistenceTimeout`, by which a client stays with its real server",
          found: "it",
          remedy: "remove one of the two",
          other: ["services", index, "persistenceTimeout"],
        };
      }
    }
  },

  *"flag-of-another-scheduler"(draft) {
    for (const [index, service] of (draft.services ?? []).entries()) {
      const scheduler = service && "scheduler" in service ? service.scheduler : "rr";
      if (scheduler === undefined) continue;
      const { flags } = schedulingMethods[scheduler];
      for (const [at, flag] of (service?.schedulerFlags ?? []).entries()) {
        if (flag === undefined || flags.includes(flag)) continue;
        const takers = Object.entries(schedulingMethods).flatMap(([name, method]) =>
          method.flags.includes(flag) ? [name] : [],
        );
        yield {
          path: ["services", index, "schedulerFlags", at],
          expected: `a flag of the scheduler ${scheduler}${flags.length === 0 ? ", which has none" : `: ${flags.join(" or ")}`}`,
          found: flag,
          remedy: `remove it, or write \`scheduler: ${takers[0]}\``,
          ...(service && "scheduler" in service ? { other: ["services", index, "scheduler"] } : {}),
        };
      }
    }
  },

  *"flag-twice"(draft) {
    for (const [index, service] of (draft.services ?? []).entries()) {
      for (const { index: at, value, earlier } of clashing([...(service?.schedulerFlags ?? []).entries()])) {
        yield {
          path: ["services", index, "schedulerFlags", at],
          expected: "each flag once",
          found: `${value} again`,
          remedy: "remove one of the two",
          other: ["services", index, "schedulerFlags", earlier],
        };
      }
    }
  },

  *"page-of-two-kinds"(draft) {
    const pages = (draft.services ?? []).flatMap((service, at) =>
      (service?.realServers ?? []).flatMap((real, index) =>
        real?.server === undefined || !("page" in real) || real.page === undefined
          ? []
          : [{ path: ["services", at, "realServers", index, "page"], server: real.server, page: real.page }],
      ),
    );
    for (const { path, server, page } of pages) {
      const first = pages.find((one) => one.server === server);
      if (first && first.page !== page) {
        yield {
          path,
          expected: `the page that ${server} serves for every service`,
          remedy: "write it once: a real server has one page, whatever the service",
          other: first.path,
        };
      }
    }
  },

  *"instance-without-addresses"(draft) {
    const instances = instancesOf(draft);
    for (const [index, instance] of instances.length > 1 ? instances : []) {
      if (!("addresses" in instance)) {
        yield {
          path: ["vrrp", index, "addresses"],
          expected: "the VIPs of this instance, where there are several instances",
          found: "nothing",
          remedy: "write `addresses: [172.25.254.100]`: each VIP in one instance",
        };
      }
    }
  },

  *"vip-without-instance"(draft) {
    const instances = instancesOf(draft);
    const all = instances.map(([, { addresses }]) => addresses);
    if (all.length === 0 || all.some((list) => list === undefined || list.includes(undefined))) return;
    const vips = (draft.services ?? []).map((service) => service?.vip);
    for (const [index, service] of (draft.services ?? []).entries()) {
      const routes = (draft.networks ?? []).map((network) => network?.defaultRoute);
      const known = all.every((list) => list?.every((address) => [...vips, ...routes].includes(address)));
      if (service?.vip !== undefined && known && !all.some((list) => list?.includes(service.vip))) {
        yield {
          path: ["services", index, "vip"],
          expected: "a VIP of a VRRP instance",
          remedy: "add it to the `addresses` of one",
          other: ["vrrp", 0, "addresses"],
        };
      }
    }
  },

  *"vip-twice"(draft) {
    const places = instancesOf(draft).flatMap(([index, { addresses = [] }]) =>
      addresses.map((address, at) => ({ path: ["vrrp", index, "addresses", at], address })),
    );
    for (const place of places) {
      const first = places.find(({ address }) => address !== undefined && address === place.address);
      if (first && first !== place) {
        yield {
          path: place.path,
          expected: "each VIP once: in two instances, two masters would hold it",
          remedy: "remove one of the two",
          other: first.path,
        };
      }
    }
  },

  *"duplicate-virtual-router"(draft) {
    const ids = instancesOf(draft).map(([index, instance]) => {
      const id = "id" in instance ? instance.id : defaultVirtualRouterId;
      const address = parseIp(instance.addresses?.[0] ?? "");
      const network = address === undefined ? 0 : networkAt(draft, address);
      // An identifier counts for each family by itself.
      const family = address === undefined ? 4 : familyOf(address);
      return [index, id === undefined ? undefined : `${id} ${network} ${family}`] as const;
    });
    for (const { index, value, earlier } of clashing(ids)) {
      yield {
        path: ["vrrp", index, "id"],
        expected: "a virtual router id that no other instance on the network has (RFC 9568, section 5.2.3)",
        found: `${value.split(" ")[0]}, which vrrp[${earlier}] has`,
        remedy: "write another, such as `id: 52`",
        other: ["vrrp", earlier, "id"],
      };
    }
  },

  *"duplicate-instance-name"(draft) {
    const names = instancesOf(draft).map(
      ([index, instance]) => [index, "name" in instance ? instance.name : defaultInstanceName(index)] as const,
    );
    for (const { index, value, earlier } of clashing(names)) {
      yield {
        path: ["vrrp", index, "name"],
        expected: "a name that no other instance has",
        found: `${value}, which vrrp[${earlier}] has`,
        remedy: "choose another name, or leave it out",
        other: ["vrrp", earlier, "name"],
      };
    }
  },

  *"advert-interval"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      const { advertInterval: seconds } = instance;
      const version = versionOf(draft, instance);
      if (seconds === undefined) continue;
      if (version === 2 && !Number.isInteger(seconds)) {
        yield {
          path: ["vrrp", index, "advertInterval"],
          expected: "a whole number of seconds from 1 to 255 in VRRP version 2 (RFC 3768, section 5.3.7)",
          found: String(seconds),
          remedy: "write `advertInterval: 1`, or `version: 3` beside it",
        };
      }
      // By its text: 0.07 * 100 is not 7.
      if (version === 3 && !(seconds <= 40.95 && /^\d+(\.\d{1,2})?$/.test(String(seconds)))) {
        yield {
          path: ["vrrp", index, "advertInterval"],
          expected: "hundredths of a second up to 40.95 in VRRP version 3 (RFC 9568, section 5.2.7)",
          found: String(seconds),
          remedy: "write `advertInterval: 0.1`",
          ...("version" in instance ? { other: ["vrrp", index, "version"] } : {}),
        };
      }
    }
  },

  *"password-without-authentication"(draft) {
    for (const [index, instance] of instancesOf(draft)) {
      if (versionOf(draft, instance) === 3 && instance.password !== undefined) {
        yield {
          path: ["vrrp", index, "password"],
          atKey: true,
          expected: "no password in VRRP version 3, which has no authentication (RFC 9568, section 9)",
          found: "it",
          ...("version" in instance
            ? { remedy: "remove it, or write `version: 2`", other: ["vrrp", index, "version"] }
            : { remedy: "remove it: over IPv6 there is version 3 alone" }),
        };
      }
    }
  },

  *"equal-priorities"(draft) {
    for (const [at, { members = [] }] of instancesOf(draft)) {
      const priorities = members.map((each, index) => [index, each && priorityOf(each)] as const);
      for (const { index, value, earlier } of clashing(priorities)) {
        // The one that was left to the default is the one to complete, so it is where the problem is shown.
        const here = members[earlier]?.priority === undefined ? earlier : index;
        const other = here === index ? earlier : index;
        const given = members[here]?.priority === undefined ? ", the default" : "";
        yield {
          path: ["vrrp", at, "members", here, "priority"],
          expected: "a priority that no other director has",
          found: `${value}${given}, which ${members[other]?.server ?? `members[${other}]`} has`,
          remedy: "give the director that is to hold the VIP the higher one; the textbook's are 100 and 50",
          other: ["vrrp", at, "members", other, "priority"],
        };
      }
    }
  },

  *"more-than-one-master"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      const [first, ...more] = masters(instance);
      for (const index of first === undefined ? [] : more) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected: "one director with `state: MASTER`",
          found: `MASTER, which ${instance.members?.[first ?? 0]?.server ?? `members[${first}]`} is`,
          remedy: "write `state: BACKUP`, or leave it out: the highest priority decides",
          other: ["vrrp", at, "members", first ?? 0, "state"],
        };
      }
    }
  },

  *"master-without-preemption"(draft) {
    for (const [at, instance] of instancesOf(draft)) {
      for (const index of instance.preempt === false ? masters(instance) : []) {
        yield {
          path: ["vrrp", at, "members", index, "state"],
          expected: "BACKUP on every director with `preempt: false` (keepalived.conf(5), nopreempt)",
          remedy: "write `state: BACKUP`, or leave it out",
          other: ["vrrp", at, "preempt"],
        };
      }
    }
  },

  ...vrrpRules,
  ...bfdRules,
};
