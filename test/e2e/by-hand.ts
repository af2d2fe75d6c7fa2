import { directors, type Lab, realServers, type Server } from "../../lab/lab.ts";

/** One thing that a student types, as root on a server. */
export interface Step {
  readonly server: string;
  readonly command: string;
  /** Whose output is the command's standard input: the student's own machine passes it on. */
  readonly input?: Pick<Step, "server" | "command">;
}

/** The article's dr stage as a student types it on bare guests: the director, the real servers, the cure of the ARP problem. */
export function drByHand(lab: Lab): Step[] {
  const { vip, port, scheduler } = lab.service;
  const service = `${vip}:${port}`;
  return [
    ...directors(lab).flatMap(({ name }) =>
      on(
        name,
        install("ipvsadm"),
        `ipvsadm -A -t ${service} -s ${scheduler}`,
        ...realServers(lab).map(
          ({ address, weight }) =>
            `ipvsadm -a -t ${service} -r ${address}:${port} -g${weight === 1 ? "" : ` -w ${weight}`}`,
        ),
        `ip addr add ${vip}/${lab.network.prefixLength} dev eth0`,
      ),
    ),
    ...realServersByHand(lab),
  ];
}

/** Takes away what `drByHand` has made, but for the packages. */
export function undoDrByHand(lab: Lab): Step[] {
  const { vip, port } = lab.service;
  return [
    ...directors(lab).flatMap(({ name }) =>
      on(name, `ipvsadm -D -t ${vip}:${port}`, `ip addr del ${vip}/${lab.network.prefixLength} dev eth0`),
    ),
    ...realServers(lab).flatMap(({ name }) =>
      on(
        name,
        "systemctl disable --now apache2",
        "rm /var/www/html/index.html",
        `ip addr del ${vip}/32 dev eth0`,
        "arptables -F",
      ),
    ),
  ];
}

/** The article's ha stage: the real servers as before, then two directors with SSH between them, mail and keepalived. */
export function haByHand(lab: Lab): Step[] {
  const [first, ...others] = [...directors(lab)].sort((one, other) => (other.priority ?? 0) - (one.priority ?? 0));
  if (!first) throw new Error(`the lab ${lab.name} has no director`);
  const pair = [first, ...others];
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
    ...on(first.name, `cat >/etc/keepalived/keepalived.conf <<'CONF'\n${keepalivedConf(lab, first)}CONF`),
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
  const { vip } = lab.service;
  const each = realServers(lab);
  const rules = lab.arpCure !== "sysctl";
  return [
    ...each.flatMap(({ name, page }) =>
      on(
        name,
        install("apache2", ...(rules ? ["arptables"] : [])),
        `echo ${page.trim()} >/var/www/html/index.html`,
        "systemctl enable --now apache2",
        `ip addr add ${vip}/32 dev ${rules ? "eth0" : "lo"}`,
      ),
    ),
    ...each.flatMap(({ name, address }) =>
      on(
        name,
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
const keepalivedConf = (lab: Lab, { state, priority }: Server): string => `! Configuration File for keepalived

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
    virtual_router_id ${lab.keepalived.virtualRouterId}
    priority ${priority}
    advert_int ${lab.keepalived.advertInterval}
    authentication {
        auth_type PASS
        auth_pass ${lab.keepalived.password}
    }
    virtual_ipaddress {
        ${lab.service.vip}
    }
}

virtual_server ${lab.service.vip} ${lab.service.port} {
    delay_loop ${lab.keepalived.delayLoop}
    lb_algo ${lab.service.scheduler}
    lb_kind DR
    #persistence_timeout 50
    protocol TCP
${realServers(lab)
  .map(
    ({ address, weight }) => `
    real_server ${address} ${lab.service.port} {
        weight ${weight}
        TCP_CHECK {
            connect_timeout ${lab.keepalived.connectTimeout}
            delay_before_retry ${lab.keepalived.delayBeforeRetry}
        }
    }
`,
  )
  .join("")}}
`;
