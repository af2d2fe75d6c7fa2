import { posix } from "node:path";
import { z } from "zod";
import { parseIp, parseSubnet } from "../../lab/index.ts";
import { osProperty } from "../../lab/os.ts";
import { duration } from "../../lab/yaml/duration.ts";
import { property, wholeNumber } from "../../lab/yaml/schema.ts";
import { isAccountName } from "./accounts.ts";
import { managementDevice } from "./management.ts";
import { directorName } from "./names.ts";

const isName = (text: string): boolean => /^[a-z][a-z0-9-]{0,14}$/.test(text);

const name = property(
  z.string().refine(isName),
  "a name: a lower-case letter, then up to 14 lower-case letters, digits and hyphens",
  "write a name such as `net1`",
);

/** Devices of each network namespace that is a stand-in's, or that has the other ends of their cables: libvirt's and the kernel's own among them. */
const takenDevice = /^(?:eth0|lo|vnet.*|virbr.*|macvtap.*|lvsbr.*|sit0|tunl0|gre0|gretap0|ip6tnl0|ip6gre0|erspan0)$/;

const standInName = property(
  z.string().refine((text) => isName(text) && !takenDevice.test(text)),
  "a name: a lower-case letter, then up to 14 lower-case letters, digits and hyphens",
  (value) =>
    takenDevice.test(String(value))
      ? `choose another name: ${value} is that of an interface on the lab host`
      : "write a name such as `real1`",
);

const director = property(
  z.string().regex(directorName),
  "the name of a director's file without .conf: letters, digits, dots, underscores and hyphens",
  "name the director's file so: NAME.conf or NAME/keepalived.conf",
);

const address = property(
  z.string().refine((text) => parseIp(text) !== undefined),
  "an IP address",
  "write `192.0.2.11`",
);

const addressList = property(z.array(address), "a list of IP addresses", "write `addresses: [192.0.2.11]`");

/** The longest name of an interface: IFNAMSIZ in linux/if.h is 16, with the NUL. */
const device = property(
  z
    .string()
    .refine((text) => /^[^\s/:]{1,15}$/.test(text) && !/^(?:\.|\.\.|lo)$/.test(text) && text !== managementDevice),
  `the name of an interface other than lo and ${managementDevice}, up to 15 characters without blanks, slashes and colons`,
  "write `device: eth0`",
);

const network = property(z.string(), "the name of a network", "write the name that one of `networks` has");

/** Whether a map has kernel settings, as sysctl(8) takes them, with texts for values. */
const areSettings = (map: unknown): boolean =>
  typeof map === "object" &&
  map !== null &&
  !Array.isArray(map) &&
  Object.entries(map).every(
    ([key, value]) => /^[\w./-]+$/.test(key) && typeof value === "string" && /^[\w.-]+( [\w.-]+)*$/.test(value),
  );

/** Whether a map has files of the folder, with keys of a kind. */
const areFiles =
  (isKey: (key: string) => boolean) =>
  (map: unknown): boolean =>
    typeof map === "object" &&
    map !== null &&
    !Array.isArray(map) &&
    Object.entries(map).every(
      ([key, value]) =>
        isKey(key) && typeof value === "string" && posix.normalize(value) === value && !isOutside(value),
    );

const isOutside = (file: string): boolean => posix.isAbsolute(file) || file.split("/")[0] === "..";

/** An absolute path of a file, without `.`, `..` and doubled slashes. */
const isPath = (path: string): boolean => /^\/[^\s\0]*[^/\s\0]$/.test(path) && posix.normalize(path) === path;

/** In milliseconds. */
const hour = 3_600_000;

/** `rehearsal.yaml`. */
export const planSchema = z.strictObject({
  os: osProperty().default("debian-12"),
  networks: property(
    z
      .array(
        z.strictObject({
          name,
          subnets: property(
            z
              .array(
                property(
                  z.string().refine((text) => parseSubnet(text) !== undefined),
                  "a subnet in CIDR notation, host bits zero",
                  "write `192.0.2.0/24`",
                ),
              )
              .min(1),
            "a list of subnets",
            "write `subnets: [192.0.2.0/24]`",
          ),
        }),
      )
      .min(1),
    "a list of networks",
    "run `npx lvs-lab rehearse init FOLDER`, which writes it",
  ),
  directors: property(
    z
      .array(
        z.strictObject({
          name: director,
          packages: property(
            z.array(
              property(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/), "the name of a Debian package", "write `haproxy`"),
            ),
            "a list of Debian packages",
            "write `packages: [haproxy]`, or leave it out",
          ).default([]),
          files: property(
            z.custom<Readonly<Record<string, string>>>(areFiles(isPath)),
            "a map of files, absolute paths on the director to files of the folder",
            "write `files: {/etc/haproxy/haproxy.cfg: haproxy.cfg}`, or leave it out",
          ).default({}),
          services: property(
            z.array(
              property(
                z.string().regex(/^[\w@:.-]+$/),
                "the name of a unit of systemd",
                "write `haproxy`, or another name that `systemctl start` takes",
              ),
            ),
            "a list of services, units of systemd",
            "write `services: [haproxy]`, or leave it out",
          ).default([]),
          users: property(
            z.array(
              property(
                z.string().refine(isAccountName),
                "the name of a user: a letter or underscore, then up to 31 letters, digits, dots, underscores and hyphens",
                "write `keepalived_script`",
              ),
            ),
            "a list of users",
            "write `users: [keepalived_script]`, or leave it out for those that the director's files name",
          ).optional(),
          sysctls: property(
            z.custom<Readonly<Record<string, string>>>(areSettings),
            "a map of kernel settings, the values in quotes",
            'write `sysctls: {net.ipv4.ip_forward: "1"}`, or leave it out',
          ).default({}),
          interfaces: property(
            z.array(z.strictObject({ device, network, addresses: addressList })).min(1),
            "a list of interfaces",
            "write `interfaces:` and the director's interfaces indented under it",
          ),
        }),
      )
      .min(1),
    "a list of directors",
    "run `npx lvs-lab rehearse init FOLDER`, which writes it",
  ),
  client: property(
    z.strictObject({ network, addresses: addressList }),
    "the network and addresses of the client",
    "write `client: {network: net1, addresses: [192.0.2.250]}`",
  ),
  budgets: property(
    z.strictObject({
      outage: duration(0, hour, "the longest outage after an event of a master", "outage: 5s").optional(),
      failback: duration(0, hour, "the longest outage when everything comes back", "failback: 0s").optional(),
      detection: duration(
        0,
        hour,
        "the longest time until a failed real server is out of the table",
        "detection: 10s",
      ).optional(),
      lost: wholeNumber(0, 1_000_000, "how many requests may fail in a run", "lost: 0").optional(),
    }),
    "a map of what a run may cost at most",
    "write `budgets: { outage: 5s, lost: 200 }`, or leave it out",
  ).optional(),
  services: property(
    z.array(
      z.strictObject({
        address,
        port: wholeNumber(1, 65_535, "a TCP port", "port: 80"),
        tls: property(z.boolean(), "true or false", "write `tls: true`, or leave it out for plain HTTP").default(false),
        firewallMark: wholeNumber(1, 2_147_483_647, "a firewall mark", "firewallMark: 1").optional(),
      }),
    ),
    "a list of what clients ask for beside virtual servers of an address and a port",
    "write `services: [{ address: 192.0.2.100, port: 80 }]`, or leave it out",
  ).default([]),
  standIns: property(
    z.array(
      z.strictObject({
        name: standInName,
        network,
        addresses: property(
          z.array(address).min(1),
          "a list of IP addresses, at least one",
          "write `addresses: [192.0.2.21]`",
        ),
        gateways: property(
          z.array(address),
          "a list of IP addresses",
          "write `gateways: [192.0.2.1]`, or leave it out",
        ).default([]),
        pages: property(
          z.custom<Readonly<Record<string, string>>>(areFiles((path) => /^\/[^\s?#]*$/.test(path))),
          "a map of pages, paths of URLs to files of the folder",
          "write `pages: {/health: health.html}`, or leave it out",
        ).default({}),
      }),
    ),
    "a list of hosts that are only talked to",
    "write `standIns:` and the hosts indented under it, or leave it out",
  ).default([]),
});

/** A plan as its file has it. What is invalid in shape is undefined to rules. */
export type PlanDraft = z.output<typeof planSchema>;
