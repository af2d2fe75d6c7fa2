import { z } from "zod";
import { forwardingMethods, hostPort, isAskedBy, pageOf, portsOf, servicesOf, toIp } from "../../lab/index.ts";
import { defineResource } from "../resource.ts";
import { command, connectTo, serverRef, writing } from "../ssh/index.ts";
import { unitPath } from "./boot-unit.ts";
import { defineRole } from "./role.ts";
import { serviceAnswers, serviceQuestion, serviceState, startService, typedStart } from "./service.ts";
import { listed, typed, typedFile } from "./typed.ts";
import { udpScript } from "./udp-script.ts";

/** The UDP server of a real server: it answers each datagram with its page. In Perl, which every Debian has. */
export const udpServer = defineResource({
  type: "UdpServer",
  summary: "A UDP server that answers every datagram with a page that names the server.",
  where: z.object({ server: serverRef }),
  want: z.object({
    /** The answer, in full. */
    page: z.string(),
    ports: z.array(z.number()).min(1),
    /** The addresses that it answers on, VIPs included: an answer comes from the address that was asked. */
    addresses: z.array(z.union([z.ipv4(), z.ipv6()])).min(1),
    /** Whether it answers DNS queries as a DNS server does, and all other datagrams with the page. */
    dns: z.boolean().default(false),
    ...serviceState,
  }),

  upgrade: (recorded) => ({ dns: false, ...recorded }),

  async observe(inputs) {
    const server = await connectTo(inputs.server);
    const seen = await server.look({
      page: command`cat ${PAGE}`,
      unit: command`cat ${unitPath(UNIT)}`,
      script: command`cat ${SCRIPT}`,
      ...serviceQuestion(UNIT.name),
    });
    const asWanted = seen.unit.text === unitOf(inputs) && seen.script.text === udpScript(inputs);
    return {
      page: seen.page.text,
      ports: asWanted ? inputs.ports : [],
      addresses: asWanted ? inputs.addresses : [],
      dns: seen.script.text === udpScript({ ...inputs, dns: true }),
      ...serviceAnswers(seen),
    };
  },

  async apply(inputs, observed, progress) {
    progress("UDP server");
    await (await connectTo(inputs.server)).script(
      [
        "set -e",
        command`mkdir -p ${DIRECTORY}`,
        writing(SCRIPT, udpScript(inputs)),
        writing(PAGE, inputs.page),
        writing(unitPath(UNIT), unitOf(inputs)),
        "systemctl daemon-reload",
        startService(UNIT.name, observed, "restart"),
      ].join("\n"),
    );
  },

  async remove({ server: ref }) {
    await (await connectTo(ref)).script(
      command`systemctl --quiet disable --now ${UNIT.name} 2>/dev/null || true
rm -rf ${unitPath(UNIT)} ${DIRECTORY}; systemctl daemon-reload`,
    );
  },
});

const UNIT = { name: "lvs-udp-server" };
const DIRECTORY = "/usr/local/lib/lvs-lab";
const SCRIPT = `${DIRECTORY}/udp-server.pl`;
const PAGE = `${DIRECTORY}/udp-page`;

interface Wanted {
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

const unitOf = ({ addresses, ports }: Wanted) => `[Unit]
Description=UDP server of the LVS lab: answers with a page that names the server
After=network.target

[Service]
ExecStart=/usr/bin/perl ${SCRIPT} ${PAGE} ${addresses.flatMap((address) => ports.map((port) => hostPort(toIp(address), port))).join(" ")}
Restart=always

[Install]
WantedBy=multi-user.target
`;

export const role = defineRole({
  resource: udpServer,

  /** It answers on its own addresses, and on the VIPs to which datagrams are still addressed when they reach it. */
  inputsOf(lab, { name, interfaces: own }) {
    const ports = portsOf(lab, name, "udp");
    if (ports.length === 0) return;
    const vips = servicesOf(lab, name).flatMap(({ protocol, forwarding, vip }) =>
      protocol === "udp" && forwardingMethods[forwarding].keepsDestination ? [vip] : [],
    );
    return {
      page: pageOf(lab, name),
      ports,
      addresses: [...new Set([...own.flatMap(({ addresses }) => addresses), ...vips])],
      dns: isAskedBy(lab, name, "dns"),
    };
  },

  byHand: ({ page, ...wanted }) => ({
    steps: [
      {
        why: "The page, by which the client tells the real servers apart.",
        commands: [typed`mkdir -p ${DIRECTORY}`, typedFile(PAGE, page)],
        check: "udp-page",
      },
      {
        why:
          "A UDP server, in Perl, which every Debian has. It answers each datagram with the page, from the address that was asked, the VIP too: " +
          "so it binds each address by itself." +
          (wanted.dns ? " DNS queries it answers as a DNS server does: the health check asks for that." : ""),
        commands: [typedFile(SCRIPT, udpScript(wanted))],
        check: "udp-page",
      },
      {
        why: `Its unit for systemd, on ${wanted.ports.length === 1 ? "port" : "ports"} ${listed(wanted.ports.map(String))}.`,
        commands: [typedFile(unitPath(UNIT), unitOf(wanted)), "systemctl daemon-reload"],
        check: "udp-page",
      },
      { why: "Start it, now and at each boot.", commands: typedStart(UNIT.name, "restart"), check: "udp-page" },
    ],
  }),
});
