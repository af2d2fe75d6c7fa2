import {
  byPriority,
  directors,
  type Lab,
  type RealServer,
  type VirtualService,
  type VrrpInstance,
  type VrrpMember,
  withPrefix,
} from "../../lab/index.ts";

/** One thing that a student types, as root on a server. */
export interface Step {
  readonly server: string;
  readonly command: string;
  /** Whose output is the command's standard input: the student's own machine passes it on. */
  readonly input?: Pick<Step, "server" | "command">;
}

/** The article's balancing by hand as a student types it on bare guests: the director, the real servers, the cure of the ARP problem. */
export function drByHand(lab: Lab): Step[] {
  const { vip, port, scheduler, realServers } = serviceOf(lab);
  const service = `${vip}:${port}`;
  return [
    ...directors(lab).flatMap(({ name }) =>
      on(
        name,
        install("ipvsadm"),
        `ipvsadm -A -t ${service} -s ${scheduler}`,
        ...realServers.map(
          ({ address, weight }) =>
            `ipvsadm -a -t ${service} -r ${address}:${port} -g${weight === 1 ? "" : ` -w ${weight}`}`,
        ),
        `ip addr add ${withPrefix(lab, vip)} dev eth0`,
      ),
    ),
    ...realServersByHand(lab),
  ];
}

/** Takes away what `drByHand` has made, but for the packages. */
export function undoDrByHand(lab: Lab): Step[] {
  const { vip, port, realServers } = serviceOf(lab);
  return [
    ...directors(lab).flatMap(({ name }) =>
      on(name, `ipvsadm -D -t ${vip}:${port}`, `ip addr del ${withPrefix(lab, vip)} dev eth0`),
    ),
    ...realServers.flatMap(({ server }) =>
      on(
        server,
        "systemctl disable --now apache2",
        "rm /var/www/html/index.html",
        `ip addr del ${vip}/32 dev eth0`,
        "arptables -F",
      ),
    ),
  ];
}

/** The article's two directors under keepalived: the real servers as before, then two directors with SSH between them, mail and keepalived. */
export function haByHand(lab: Lab): Step[] {
  const [instance] = lab.vrrp;
  const pair = instance ? byPriority(instance).map((member) => ({ name: member.server, ...member })) : [];
  const [first, ...others] = pair;
  if (!instance || !first) throw new Error(`the lab ${lab.name} has no VRRP instance`);
  return [
    ...realServersByHand(lab),
    ...pair.flatMap(({ name }) =>
      on(name, "mkdir -p -m 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519"),
    ),
    ...pair.flatMap(({ name }) =>
      pair
        .filter((peer) => peer.name !== name)
        .map((peer) => ({
          server: peer.name,
          command: "cat >>/root/.ssh/authorized_keys",
          input: { server: name, command: "cat /root/.ssh/id_ed25519.pub" },
        })),
    ),
    ...pair.flatMap(({ name }) => on(name, install("keepalived", "ipvsadm", "opensmtpd", "bsd-mailx"))),
    ...on(
      first.name,
      `cat >/etc/keepalived/keepalived.conf <<'CONF'\n${keepalivedConf(serviceOf(lab), instance, first)}CONF`,
    ),
    ...others.flatMap((other) => [
      ...on(
        first.name,
        `scp -q -o StrictHostKeyChecking=accept-new /etc/keepalived/keepalived.conf ${other.name}:/etc/keepalived/`,
      ),
      ...on(
        other.name,
        `sed -i -e 's/state MASTER/state BACKUP/' -e 's/priority ${first.priority}/priority ${other.priority}/' /etc/keepalived/keepalived.conf`,
      ),
    ]),
    ...pair.flatMap(({ name }) =>
      on(name, "systemctl enable opensmtpd keepalived", "systemctl restart opensmtpd keepalived"),
    ),
  ];
}

const on = (server: string, ...commands: readonly string[]): Step[] => commands.map((command) => ({ server, command }));

const install = (...packages: readonly string[]): string =>
  `export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q -y install ${packages.join(" ")}`;

function realServersByHand(lab: Lab): Step[] {
  const { vip, realServers } = serviceOf(lab);
  const rules = lab.servers.every(({ arpCure }) => arpCure !== "sysctl");
  return [
    ...realServers.flatMap(({ server, page }) =>
      on(
        server,
        install("apache2", ...(rules ? ["arptables"] : [])),
        `echo ${page.trim()} >/var/www/html/index.html`,
        "systemctl enable --now apache2",
        `ip addr add ${vip}/32 dev ${rules ? "eth0" : "lo"}`,
      ),
    ),
    ...realServers.flatMap(({ server, address }) =>
      on(
        server,
        ...(rules
          ? [`arptables -A INPUT -d ${vip} -j DROP`, `arptables -A OUTPUT -s ${vip} -j mangle --mangle-ip-s ${address}`]
          : ["all", "eth0"].flatMap((scope) => [
              `sysctl -w net.ipv4.conf.${scope}.arp_ignore=1`,
              `sysctl -w net.ipv4.conf.${scope}.arp_announce=2`,
            ])),
      ),
    ),
  ];
}

/** The article's own text, with its comments and its two intervals of 0 that keepalived 2.2.7 complains of. */
const keepalivedConf = (
  { vip, port, scheduler, healthCheck, realServers }: VirtualService,
  { id, advertInterval, password }: VrrpInstance,
  { state, priority }: VrrpMember,
): string => `! Configuration File for keepalived

global_defs {
   notification_email {
     root@localhost
   }
   notification_email_from keepalived@localhost
   smtp_server 127.0.0.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
   #vrrp_strict
   vrrp_garp_interval 0
   vrrp_gna_interval 0
}

vrrp_instance VI_1 {
    state ${state}
    interface eth0
    virtual_router_id ${id}
    priority ${priority}
    advert_int ${advertInterval}
    authentication {
        auth_type PASS
        auth_pass ${password}
    }
    virtual_ipaddress {
        ${vip}
    }
}

virtual_server ${vip} ${port} {
    delay_loop ${healthCheck?.delayLoop}
    lb_algo ${scheduler}
    lb_kind DR
    #persistence_timeout 50
    protocol TCP
${realServers
  .map(
    ({ address, weight }: RealServer) => `
    real_server ${address} ${port} {
        weight ${weight}
        TCP_CHECK {
            connect_timeout ${healthCheck?.type === "tcp" ? healthCheck.connectTimeout : ""}
            delay_before_retry ${healthCheck?.delayBeforeRetry}
        }
    }
`,
  )
  .join("")}}
`;

/** The lab's one virtual service. */
function serviceOf({ services: [service], name }: Lab): VirtualService {
  if (!service) throw new Error(`the lab ${name} has no virtual service`);
  return service;
}
