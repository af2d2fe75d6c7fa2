import { describe, expect, it } from "vitest";
import {
  ipvsTableIn,
  parseIpvsConnections,
  parseIpvsList,
  parseIpvsTable,
  parseThresholds,
} from "../../../../provision/roles/ipvs-table.ts";

it("the textbook's table", () => {
  const printed = `-A -t 172.25.254.100:80 -s rr
-a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1
-a -t 172.25.254.100:80 -r 172.25.254.13:80 -g -w 1
`;
  expect(parseIpvsTable(printed)).toEqual([
    {
      key: "-t 172.25.254.100:80",
      scheduler: "rr",
      destinations: {
        "172.25.254.12:80": { weight: 1, forwarding: "Route" },
        "172.25.254.13:80": { weight: 1, forwarding: "Route" },
      },
    },
  ]);
});

it("several services of every kind, with persistence, weights and all forwarding methods", () => {
  const printed = `-A -t 172.25.254.100:80 -s wrr -p 50
-a -t 172.25.254.100:80 -r 172.25.254.12:80 -m -w 0
-a -t 172.25.254.100:80 -r 172.25.254.13:80 -i -w 65535
-A -u 172.25.254.100:53 -s lc
-A -f 7 -s sh -p 50 -b sh-fallback,sh-port
-a -f 7 -r 172.25.254.12:0 -g -w 3
`;
  expect(parseIpvsTable(printed)).toEqual([
    {
      key: "-t 172.25.254.100:80",
      scheduler: "wrr",
      persistenceTimeout: 50,
      destinations: {
        "172.25.254.12:80": { weight: 0, forwarding: "Masq" },
        "172.25.254.13:80": { weight: 65535, forwarding: "Tunnel" },
      },
    },
    { key: "-u 172.25.254.100:53", scheduler: "lc", destinations: {} },
    {
      key: "-f 7",
      scheduler: "sh",
      schedulerFlags: ["sh-fallback", "sh-port"],
      persistenceTimeout: 50,
      destinations: { "172.25.254.12:0": { weight: 3, forwarding: "Route" } },
    },
  ]);
});

it("thresholds, which ipvsadm saves nowhere", () => {
  // As ipvsadm 1.31 lists them.
  const listed = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn
  -> RemoteAddress:Port
TCP  172.25.254.100:80 rr
  -> 172.25.254.12:80             60         40         0          0
  -> 172.25.254.13:80             0          0          0          7
TCP  [fd00:254::100]:80 rr
  -> [fd00:254::12]:80            9          0          0          0
FWM  7 rr
  -> 172.25.254.12:0              5          2          0          0
`;
  const thresholds = parseThresholds(listed);
  expect([...thresholds]).toEqual([
    ["-t 172.25.254.100:80 172.25.254.12:80", { upperThreshold: 60, lowerThreshold: 40 }],
    ["-t 172.25.254.100:80 172.25.254.13:80", {}],
    ["-t [fd00:254::100]:80 [fd00:254::12]:80", { upperThreshold: 9 }],
    ["-f 7 172.25.254.12:0", { upperThreshold: 5, lowerThreshold: 2 }],
  ]);
  const saved = "-A -f 7 -s rr\n-a -f 7 -r 172.25.254.12:0 -g -w 1\n-a -f 7 -r 172.25.254.13:0 -g -w 1\n";
  expect(ipvsTableIn({ table: { text: saved }, thresholds: { text: listed } })[0]?.destinations).toEqual({
    "172.25.254.12:0": { weight: 1, forwarding: "Route", upperThreshold: 5, lowerThreshold: 2 },
    "172.25.254.13:0": { weight: 1, forwarding: "Route" },
  });
});

it("a netmask of persistence, and one-packet scheduling, which ipvsadm 1.31 saves by the word of its list", () => {
  const saved =
    "-A -t 172.25.254.100:80 -s rr -p 50 -M 255.255.255.0\n-A -u 172.25.254.100:53 -s rr ops\n-A -u 172.25.254.100:54 -s rr -o\n";
  expect(parseIpvsTable(saved)).toMatchObject([
    { persistenceTimeout: 50, persistenceNetmask: 24 },
    { onePacket: true },
    { onePacket: true },
  ]);
  const listed = "TCP  172.25.254.100:80 rr persistent 50 mask 255.255.255.0\nUDP  172.25.254.100:53 rr ops\n";
  expect(parseIpvsList(listed)).toMatchObject([
    { persistenceTimeout: 50, persistenceNetmask: 24 },
    { onePacket: true },
  ]);
});

it("an empty table, or none because ipvsadm is not there", () => {
  expect(parseIpvsTable("")).toEqual([]);
  expect(parseIpvsTable("\n")).toEqual([]);
});

it("a destination without its service is no table", () => {
  expect(() => parseIpvsTable("-a -t 172.25.254.100:80 -r 172.25.254.12:80 -g -w 1")).toThrow(
    "a destination of -t 172.25.254.100:80 before that service",
  );
});

describe("ipvsadm -ln", () => {
  const head = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
`;

  it("several services of every kind, with persistence, weights and all forwarding methods", () => {
    const printed = `${head}TCP  172.25.254.100:80 wrr persistent 50
  -> 172.25.254.12:80             Route   1      0          17        
  -> 172.25.254.13:80             Masq    0      3          0         
  -> 172.25.254.14:80             Tunnel  65535  3          0         
UDP  172.25.254.100:53 mh (mh-port)
FWM  7 sh (sh-fallback,sh-port) persistent 50
  -> 172.25.254.11:0              Local   3      0          0         
`;
    expect(parseIpvsList(printed)).toEqual([
      {
        key: "-t 172.25.254.100:80",
        scheduler: "wrr",
        persistenceTimeout: 50,
        destinations: {
          "172.25.254.12:80": { weight: 1, forwarding: "Route", active: 0, inactive: 17 },
          "172.25.254.13:80": { weight: 0, forwarding: "Masq", active: 3, inactive: 0 },
          "172.25.254.14:80": { weight: 65535, forwarding: "Tunnel", active: 3, inactive: 0 },
        },
      },
      { key: "-u 172.25.254.100:53", scheduler: "mh", schedulerFlags: ["mh-port"], destinations: {} },
      {
        key: "-f 7",
        scheduler: "sh",
        schedulerFlags: ["sh-fallback", "sh-port"],
        persistenceTimeout: 50,
        destinations: { "172.25.254.11:0": { weight: 3, forwarding: "Local", active: 0, inactive: 0 } },
      },
    ]);
  });

  it("keeps the order of the list, which is the kernel's with --nosort", () => {
    const [service] = parseIpvsList(`${head}TCP  172.25.254.100:80 rr
  -> 172.25.254.13:80             Route   1      0          0         
  -> 172.25.254.12:80             Route   1      0          0         
`);
    expect(Object.keys(service?.destinations ?? {})).toEqual(["172.25.254.13:80", "172.25.254.12:80"]);
  });

  it.each([head, "", "bash: line 1: ipvsadm: command not found\n"])("no service in %j", (printed) => {
    expect(parseIpvsList(printed)).toEqual([]);
  });
});

it("ipvsadm -lnc: every connection, without the templates of persistence", () => {
  const printed = `IPVS connection entries
pro expire state       source             virtual            destination
TCP 14:59  ESTABLISHED 172.25.254.250:2034 172.25.254.100:80  172.25.254.12:80
TCP 00:43  NONE        172.25.254.250:0   172.25.254.100:80  172.25.254.12:80
TCP 01:58  FIN_WAIT    172.25.254.250:33780 172.25.254.100:80  172.25.254.13:80
UDP 04:12  UDP         172.25.254.250:40001 172.25.254.100:53  172.25.254.13:53
`;
  expect(parseIpvsConnections(printed)).toEqual(
    [
      ["ESTABLISHED", "172.25.254.250:2034", "172.25.254.100:80", "172.25.254.12:80"],
      ["FIN_WAIT", "172.25.254.250:33780", "172.25.254.100:80", "172.25.254.13:80"],
      ["UDP", "172.25.254.250:40001", "172.25.254.100:53", "172.25.254.13:53"],
    ].map(([state, source, virtual, destination]) => ({ state, source, virtual, destination })),
  );
  expect(parseIpvsConnections("")).toEqual([]);
});
