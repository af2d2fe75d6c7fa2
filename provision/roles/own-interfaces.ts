import { z } from "zod";
import { type OsName, osFamilies } from "../os.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { type BootUnit, bootUnitQuestions, isOnBoot, removeBootUnit, restartBootUnit } from "./boot-unit.ts";
import { isIpv6, presentOf } from "./ip-address.ts";

/** The script that names the interfaces and gives them their addresses. */
const SCRIPT = "/usr/local/sbin/lvs-lab-interfaces";

const named = z.object({
  /** As the kernel prints it: lower case. */
  mac: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/),
  /** The name that it gets. */
  device: z.string(),
  /** With prefix length. */
  addresses: z.array(z.string()),
});

/**
 * A server's interfaces under names that the lab does not choose, `ens192` or `bond0.100`: somebody's configuration has them. The first one is how the
 * server is reached; it gets another name, too, so that none of these is taken.
 */
export const ownInterfaces = defineResource({
  type: "OwnInterfaces",
  summary: "A server's interfaces, named as a configuration of one's own has them, with their addresses.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The one that SSH comes by is the first. */
    interfaces: z.array(named).min(1),
    /** Kernel settings, by their names: sysctl(8). */
    sysctls: z.record(z.string(), z.string()).default({}),
    onBoot: z.literal(true).default(true),
  }),

  async observe({ server: ref, interfaces, sysctls }) {
    const unit = unitFor(ref.os);
    const server = await connectTo(ref);
    const names = Object.keys(sysctls);
    const seen = await server.look({
      links: "ip -oneline link show",
      addresses: "ip -oneline address show",
      script: command`cat ${SCRIPT}`,
      sysctls: names.length === 0 ? "true" : command`sysctl ${names}`,
      ...bootUnitQuestions(unit),
    });
    const found = interfaces.map(({ mac, device, addresses }) => ({
      mac,
      device: deviceWith(mac, seen.links.text) ?? "",
      addresses: presentOf({ [device]: addresses }, seen.addresses.text)[device] ?? [],
    }));
    const settings = settingsIn(seen.sysctls.text);
    return {
      interfaces: found,
      sysctls: Object.fromEntries(names.map((name) => [name, settings.get(name) ?? ""])),
      onBoot: (isOnBoot(unit, seen) && seen.script.text === scriptText(interfaces, sysctls)) as true,
    };
  },

  async apply({ server: ref, interfaces, sysctls }, _observed, progress) {
    progress(`interfaces ${interfaces.map(({ device }) => device).join(", ")}`);
    const server = await connectTo(ref);
    // The connection outlives the renaming of its interface: TCP repeats what is lost meanwhile.
    await server.script(
      [
        writing(SCRIPT, scriptText(interfaces, sysctls)),
        command`chmod 0755 ${SCRIPT}`,
        restartBootUnit(unitFor(ref.os)),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script([removeBootUnit(unitFor(ref.os)), command`rm -f ${SCRIPT}`].join("\n"));
  },
});

const unitFor = (os: OsName): BootUnit => ({
  name: "lvs-interfaces",
  description: "Names and addresses of interfaces, as a configuration of one's own has them",
  start: [SCRIPT],
  stop: [],
  beforeNetwork: true,
  before: [`${osFamilies[os].keepalived.service}.service`],
});

/** The output of sysctl(8), by name. It has tabs between numbers. */
export const settingsIn = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const [, name, value = ""] = /^(\S+) =(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value.trim().replace(/\s+/g, " ")]];
    }),
  );

/** The device with a MAC address, in the output of `ip -oneline link show`. A device on top of another one has the same address. */
const deviceWith = (mac: string, links: string): string | undefined =>
  links
    .split("\n")
    .filter((line) => line.includes(`link/ether ${mac} `))
    .flatMap((line) => /^\d+: ([^:@]+):/.exec(line)?.[1] ?? [])[0];

/** Names in two rounds, since one may be that of another interface; whatever has its name stays as it is. */
export function scriptText(
  interfaces: readonly z.output<typeof named>[],
  sysctls: Readonly<Record<string, string>>,
): string {
  const wanted = interfaces.map(({ mac, device }) => command`    ${mac}) echo ${device} ;;`).join("\n");
  const placed = interfaces.flatMap(({ device, addresses }) =>
    addresses.map(
      (address) => command`ip address replace ${address} ${isIpv6(address) ? ["nodad"] : ["brd", "+"]} dev ${device}`,
    ),
  );
  return `#!/bin/bash
# Names interfaces by their MAC addresses, and gives them their addresses. Written by lvs-lab.
set -eu
wanted() {
  case $1 in
${wanted}
  esac
}
for path in /sys/class/net/*; do
  old=\${path##*/}
  [ -e "$path/device" ] || continue
  new=$(wanted "$(cat "$path/address")")
  [ "$new" ] && [ "$new" != "$old" ] || continue
  ip link set "$old" down
  ip link set "$old" name "lab-$(cat "$path/ifindex")"
done
# udev gives interfaces further names, such as enp1s0, which are then taken: ip-link(8), altname. It may do so again at each renaming.
rename() {
  for _ in 1 2 3 4 5; do
    for path in /sys/class/net/*; do ip link property del dev "\${path##*/}" altname "$2" 2>/dev/null || :; done
    ! ip link set "$1" name "$2" || return 0
    sleep 0.2
  done
  return 1
}
for path in /sys/class/net/lab-*; do
  [ -e "$path" ] || continue
  rename "\${path##*/}" "$(wanted "$(cat "$path/address")")"
done
${interfaces.map(({ device }) => command`ip link set ${device} up`).join("\n")}
${placed.join("\n")}
${Object.entries(sysctls)
  .map(([name, value]) => command`sysctl -q -w ${`${name}=${value}`}`)
  .join("\n")}
`;
}
