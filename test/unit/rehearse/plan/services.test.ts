import { describe, expect, test } from "vitest";
import { goesInTurn, type Ip, schemeOf, sharesAreEven, trackedBy, type VrrpInstance } from "../../../../lab/index.ts";
import { cellsOf } from "../../../../rehearse/matrix/index.ts";
import { accountsOf } from "../../../../rehearse/plan/accounts.ts";
import { plannedFilesOf } from "../../../../rehearse/plan/files.ts";
import { inferPlan } from "../../../../rehearse/plan/infer.ts";
import { labOfPlan } from "../../../../rehearse/plan/lab.ts";
import { haproxy } from "../../../../rehearse/plan/proxies/haproxy.ts";
import { nginx } from "../../../../rehearse/plan/proxies/nginx.ts";
import { standInsOf } from "../../../../rehearse/plan/stand-ins.ts";
import { aFolder, instance, service } from "../a-folder.ts";

const vip = "192.0.2.100" as Ip;

describe("haproxy.cfg", () => {
  const bindsOf = (...lines: string[]) => haproxy.read(lines.join("\n")).binds;
  const backendsOf = (...lines: string[]) => haproxy.read(lines.join("\n")).backends;

  test.each([
    ["*:80", [{ families: [4], port: 80, tls: false }]],
    [":8080", [{ families: [4], port: 8080, tls: false }]],
    ["0.0.0.0:80", [{ families: [4], port: 80, tls: false }]],
    [":::80 v4v6", [{ families: [4, 6], port: 80, tls: false }]],
    ["[::]:443 ssl crt /etc/x.pem", [{ families: [6], port: 443, tls: true }]],
    ["ipv4@192.0.2.100:8000-8010", [{ address: vip, families: [4], port: 8000, tls: false }]],
    [
      "192.0.2.100:80,192.0.2.101:81",
      [
        { address: vip, families: [4], port: 80, tls: false },
        { address: "192.0.2.101", families: [4], port: 81, tls: false },
      ],
    ],
    ["/run/haproxy.sock mode 600", []],
    ["abns@x", []],
    ["web.example.org:80", []],
  ])("bind %s", (bind, binds) => {
    expect(bindsOf("frontend f", "  mode http", `  bind ${bind}`)).toEqual(binds);
  });

  test("addresses of the section's own line, comments, quotes and other sections", () => {
    const binds = bindsOf(
      ...["listen web 192.0.2.100:80 # bind *:81", "listen 'two' \"*:82\"", "peers p", "  bind :1024", "userlist u"],
    );
    expect(binds.map(({ port }) => port)).toEqual([80, 82]);
  });

  test("TLS that is handed on is TLS", () => {
    const text = [
      "defaults",
      "  mode tcp",
      "listen s",
      "  bind *:443",
      "  server a 10.0.0.1",
      "  server b 10.0.0.2:8443",
    ];
    expect(bindsOf(...text)).toEqual([{ families: [4], port: 443, tls: true }]);
    expect(backendsOf(...text)).toEqual([
      { address: "10.0.0.1", port: 443, tls: true },
      { address: "10.0.0.2", port: 8443, tls: false },
    ]);
    // Each defaults section begins anew.
    expect(bindsOf(...text.slice(0, 2), "defaults", "  mode http", ...text.slice(2))[0]?.tls).toBe(false);
  });

  test("servers, with the ports of their checks; names are told", () => {
    const { backends, names } = haproxy.read(
      [
        ...["backend b", "  server one 10.0.0.1:8080 check port 9000", "  server two [2001:db8::2]:80 ssl verify none"],
        ...["  server three 2001:db8::3:80", "  server four db.example.org:3306 check", "  server five /run/x.sock"],
      ].join("\n"),
    );
    expect(backends).toEqual([
      { address: "10.0.0.1", port: 8080, tls: false },
      { address: "10.0.0.1", port: 9000, tls: false },
      { address: "2001:db8::2", port: 80, tls: true },
    ]);
    expect(names).toEqual(["db.example.org"]);
  });

  test("its user and group", () => {
    const text = ["global", "  user balancer", "  group web", "frontend a", "  user nobody"].join("\n");
    expect(haproxy.read(text).accounts).toEqual({ users: ["balancer"], groups: ["web"] });
  });

  test("what serves statistics alone is none", () => {
    expect(bindsOf("listen stats", "  bind *:8404", "  stats enable")).toEqual([]);
    expect(bindsOf("listen both", "  bind *:80", "  stats enable", "  server a 10.0.0.1:80")).toHaveLength(1);
  });
});

test("nginx.conf", () => {
  const text = `
user nginx web;
http {
  upstream pool { server 10.0.0.21:8080 weight=2; server [2001:db8::22]; server backend.example.org; }
  server { listen 192.0.2.100:80; listen [::]:443 ssl; # listen 81;
    location / { proxy_pass http://pool; }
    location /api { proxy_pass "https://10.0.0.23/v1"; }
  }
  server { listen 8080 default_server; listen unix:/run/x.sock; return 301 https://$host; }
}
stream { server { listen 53 udp; proxy_pass 10.0.0.24:53; } }`;
  expect(nginx.read(text)).toEqual({
    binds: [
      { address: vip, families: [4], port: 80, tls: false },
      { families: [6], port: 443, tls: true },
      { families: [4], port: 8080, tls: false },
    ],
    backends: [
      { address: "10.0.0.21", port: 8080, tls: false },
      { address: "2001:db8::22", port: 80, tls: false },
      { address: "10.0.0.23", port: 443, tls: true },
      { address: "10.0.0.24", port: 53, tls: false },
    ],
    names: ["backend.example.org"],
    accounts: { users: ["nginx"], groups: ["web"] },
  });
});

const configuration = (priority: number): string =>
  `vrrp_script chk {\nscript "/usr/bin/systemctl is-active haproxy"\n}\n${instance([`${vip}/24`], { priority, further: "track_script {\nchk\n}" })}`;
const proxy = `frontend web
  mode http
  bind ${vip}:80
  bind *:443 ssl crt /etc/haproxy/site.pem
  default_backend pool
backend pool
  server a 192.0.2.21:8080 check
  server b 10.0.0.22:8080 check
  server c cache.example.org:80
`;

/** The rehearsal of two directors in front of a proxy. */
function rehearsed(files: Readonly<Record<string, string>>) {
  const { folder, directors } = aFolder(files);
  const { plan, assumed, missing } = inferPlan(folder, directors);
  const lab = labOfPlan("rehearse-x", plan, { folder, directors });
  return { folder, plan, assumed, missing, lab, standIns: standInsOf(plan, { folder, directors }) };
}

describe("directors with a proxy", () => {
  const files = {
    ...{ "lb1.conf": configuration(150), "lb2.conf": configuration(100) },
    ...{ "haproxy.cfg": proxy, "site.pem": "key" },
  };

  test("get its package, its files and its service, and may bind what they do not have", () => {
    const { plan, assumed, folder } = rehearsed(files);
    for (const director of plan.directors) {
      expect(director).toMatchObject({
        ...{ packages: ["haproxy"], services: ["haproxy"] },
        files: { "/etc/haproxy/haproxy.cfg": "haproxy.cfg", "/etc/haproxy/site.pem": "site.pem" },
        sysctls: { "net.ipv4.ip_nonlocal_bind": "1" },
      });
      expect(plannedFilesOf(folder, director)["/etc/haproxy/site.pem"]).toEqual({ text: "key", executable: false });
    }
    expect(assumed.get("lb1")).toEqual(
      expect.arrayContaining([
        "haproxy finds cache.example.org by itself: no address of it is in /etc/haproxy/haproxy.cfg",
        `net.ipv4.ip_nonlocal_bind=1: ${vip}, which a service listens on, is not always there`,
      ]),
    );
  });

  test("have the users whom it names, but for its package's own", () => {
    const of = (user: string) => {
      const { folder, directors } = aFolder({ ...files, "haproxy.cfg": `global\n  user ${user}\n${proxy}` });
      const { plan, assumed } = inferPlan(folder, directors);
      const [planned] = plan.directors;
      return {
        ...(planned && accountsOf(planned, folder, directors.slice(0, 1))),
        assumed: assumed.get("lb1")?.filter((one) => one.includes("user")),
      };
    };
    expect(of("balancer")).toEqual({
      ...{ users: ["balancer"], groups: [] },
      assumed: ["it has the user balancer, whom its files name: `users: []` shows what happens without"],
    });
    expect(of("haproxy")).toEqual({ users: [], groups: [], assumed: [] });
  });

  test("a file that the proxy names and the folder does not have is told", () => {
    const { assumed } = rehearsed({ "lb1.conf": configuration(150), "haproxy.cfg": proxy });
    expect(assumed.get("lb1")).toContain(
      "/etc/haproxy/site.pem, which haproxy.cfg names, is there: put the file into the folder if no package has it",
    );
  });

  test("each director has the files of its own folder, and those below etc/", () => {
    const { plan } = rehearsed({
      ...{ "lb1/keepalived.conf": configuration(150), "lb1/haproxy.cfg": proxy, "lb1/etc/nginx/conf.d/a.conf": "" },
      ...{ "lb2/keepalived.conf": configuration(100), "lb2/haproxy/haproxy.cfg": proxy, "site.pem": "key" },
    });
    expect(plan.directors.map((one) => one.files)).toEqual([
      {
        ...{ "/etc/haproxy/haproxy.cfg": "lb1/haproxy.cfg", "/etc/nginx/conf.d/a.conf": "lb1/etc/nginx/conf.d/a.conf" },
        "/etc/haproxy/site.pem": "site.pem",
      },
      { "/etc/haproxy/haproxy.cfg": "lb2/haproxy/haproxy.cfg", "/etc/haproxy/site.pem": "site.pem" },
    ]);
    expect(plan.directors.map((one) => one.services)).toEqual([["haproxy", "nginx"], ["haproxy"]]);
  });

  test("its backends are stand-ins that listen where it asks", () => {
    const { standIns } = rehearsed(files);
    expect(standIns.map(({ name, addresses, listeners }) => [name, addresses, listeners])).toEqual([
      ["backend1", ["192.0.2.21/24"], [{ port: 8080, tls: false, answers: [] }]],
      ["backend2", ["10.0.0.22/24"], [{ port: 8080, tls: false, answers: [] }]],
    ]);
  });

  test("clients ask for its addresses that keepalived holds", () => {
    const { plan, lab } = rehearsed(files);
    expect(plan.services).toEqual([
      { address: vip, port: 80, tls: false },
      { address: vip, port: 443, tls: true },
    ]);
    expect(lab.services.map(({ name, proxied }) => [name, proxied])).toEqual([
      [`${vip}:80`, { tls: false, process: "haproxy" }],
      [`${vip}:443`, { tls: true, process: "haproxy" }],
    ]);
    expect(lab.services.map(schemeOf)).toEqual(["http", "https"]);
    const [web] = lab.services;
    if (!web) throw new Error("there is no service");
    expect(web.realServers.map(({ server, address, port }) => [server, address, port])).toEqual([
      ["backend1", "192.0.2.21", 8080],
      ["backend2", "10.0.0.22", 8080],
    ]);
    // How a proxy shares out is not known.
    expect([sharesAreEven(web), goesInTurn(web)]).toEqual([false, false]);
    expect(lab.standIns?.map(({ ports }) => ports)).toEqual([
      { tcp: [8080], udp: [] },
      { tcp: [8080], udp: [] },
    ]);
  });

  test("the matrix breaks the master of its address, and no backend: that is for the proxy to see", () => {
    const { lab } = rehearsed(files);
    expect(cellsOf(lab).map(({ event, service: { name } }) => `${event} ${name}`)).toEqual(
      ["crash", "stop", "script", "cable", "freeze", "partition", "reboot"].map((event) => `${event} ${vip}:80`),
    );
    // Also one that has all of its pages itself.
    const alone = rehearsed({ ...files, "haproxy.cfg": `frontend f\nbind ${vip}:80\n` });
    expect(cellsOf(alone.lab, ["crash"])).toHaveLength(1);
  });

  /** With another script that the directors track. */
  const scripted = (script: string, further = "", name = "chk") => {
    const text = (priority: number) =>
      `vrrp_script ${name} {\nscript "${script}"\nfall 3\n}\n${further}${instance([`${vip}/24`], { priority, further: `track_script {\n${name}\n}\ntrack_process {\nproc\n}` })}`;
    return { ...files, "lb1.conf": text(150), "lb2.conf": text(100) };
  };

  test.each([
    ["/usr/bin/pgrep -x haproxy", "haproxy"],
    ["/etc/keepalived/look.sh", "haproxy"],
    ["/usr/bin/chk-haproxy", undefined],
    ["/usr/bin/curl http://127.0.0.1/", undefined],
  ])("the script %s looks for %s", (script, process) => {
    const { lab } = rehearsed({
      ...scripted(script),
      "look.sh": "#!/bin/sh\n# not nginx\nkillall -0 haproxy\n",
    });
    expect(trackedBy(lab.vrrp[0] as VrrpInstance).map((one) => one.process)).toEqual([process]);
    expect(cellsOf(lab, ["script"]).map((cell) => cell.tracked?.process)).toEqual([process]);
  });

  test("a script is not alone where a tracked process is the same", () => {
    const { lab } = rehearsed(scripted("/usr/bin/pgrep haproxy", "vrrp_track_process proc {\nprocess haproxy\n}\n"));
    expect(trackedBy(lab.vrrp[0] as VrrpInstance).map(({ name, process }) => [name, process])).toEqual([
      ["chk", undefined],
      ["proc", "haproxy"],
    ]);
  });

  test("a proxy that nothing tracks is told", () => {
    const untracked = rehearsed({ "lb1.conf": instance([`${vip}/24`]), "haproxy.cfg": proxy, "site.pem": "key" });
    expect(untracked.missing.get("lb1")).toEqual([
      "nothing tracks haproxy: the address stays where nobody answers; add a vrrp_script or a vrrp_track_process that looks for it",
    ]);
    expect(rehearsed(files).missing.get("lb1")).toEqual([]);
  });

  test("a virtual server of the same address and port is IPVS's", () => {
    const text = configuration(150) + service(`${vip} 80`, ["192.0.2.31 80"]);
    const { plan } = rehearsed({
      "lb1.conf": text,
      "haproxy.cfg": "listen a\nbind *:80\nbind *:81\nserver a 10.0.0.1:80\n",
    });
    expect(plan.services).toEqual([{ address: vip, port: 81, tls: false }]);
  });

  test("also where somebody has written it into the plan", () => {
    const { folder, directors } = aFolder({ "lb1.conf": configuration(150) + service(`${vip} 80`, ["192.0.2.31 80"]) });
    const { plan } = inferPlan(folder, directors);
    const services = [80, 81].map((port) => ({ address: vip, port, tls: false }));
    const lab = labOfPlan("rehearse-x", { ...plan, services }, { folder, directors });
    // Of what answers on port 81 nothing is known but the one service that the script looks for.
    expect(lab.services.map(({ name, proxied }) => [name, proxied])).toEqual([
      [`${vip}:80`, undefined],
      [`${vip}:81`, { tls: false, process: "haproxy" }],
    ]);
  });
});

describe("directors of which nobody says what they serve", () => {
  const tracking = (script: string) => (priority: number) =>
    `vrrp_script chk {\nscript "${script}"\n}\n${instance([`${vip}/24`, "192.0.2.101/24"], { priority, further: "track_script {\nchk\n}" })}`;
  const pair = (text: (priority: number) => string, further: Readonly<Record<string, string>> = {}) =>
    rehearsed({ "lb1.conf": text(150), "lb2.conf": text(100), ...further });
  const told = (server: string) =>
    `${server} answers on port 80 of ${vip}, 192.0.2.101: nothing in the folder says what does; put its configuration there, such as haproxy.cfg, or change services`;

  test.each<[script: string, server: string, packages: string[], services: string[], serving: string | undefined]>([
    ["/bin/ping -c 1 192.0.2.1", "nginx", ["nginx-light"], ["nginx"], "nginx"],
    ["/usr/bin/killall -0 nginx", "nginx", ["nginx-light", "psmisc"], ["nginx"], "nginx"],
    ["/usr/bin/pgrep apache2", "apache2", ["apache2"], ["apache2"], "apache2"],
    // HAProxy as Debian has it serves nobody.
    ["/usr/bin/pgrep haproxy", "nginx", ["haproxy", "nginx-light"], ["haproxy", "nginx"], undefined],
  ])("with a script %s have %s", (script, server, packages, services, serving) => {
    const { plan, lab, assumed, missing } = pair(tracking(script));
    for (const one of plan.directors) {
      expect([...one.packages].sort()).toEqual(packages);
      expect(one.services).toEqual(services);
    }
    expect(plan.services.map(({ address, port }) => `${address} ${port}`)).toEqual([`${vip} 80`, "192.0.2.101 80"]);
    expect(assumed.get("client")).toContain(told(server));
    expect(missing.get("lb1")).toEqual([]);
    expect(lab.services.map(({ proxied }) => proxied?.process)).toEqual([serving, serving]);
    expect(cellsOf(lab, ["crash", "script"]).map(({ event }) => event)).toEqual(["crash", "script"]);
  });

  test.each<[script: string, asked: string[]]>([
    ["/usr/bin/curl -f http://localhost:8080/health", ["127.0.0.1 8080"]],
    ["/usr/bin/nc -z 127.0.0.1 3306", ["127.0.0.1 3306"]],
    // The web server that is assumed answers there.
    ["/usr/bin/curl -f http://localhost/", []],
    ["/usr/bin/curl -f http://192.0.2.1:8080/", []],
  ])("with a script %s lack what listens on %j", (script, asked) => {
    const { missing } = pair(tracking(script));
    expect(missing.get("lb1")).toEqual(
      asked.map(
        (one) =>
          `a script asks ${one}, where nothing listens that the folder shows, so that it may fail always: name what does in packages, files and services`,
      ),
    );
  });

  test("have nothing in its place where there is a virtual server, a proxy's configuration, or no address", () => {
    const none = (found: ReturnType<typeof rehearsed>) => {
      expect(found.plan.directors.flatMap(({ services }) => services)).not.toContain("nginx");
      expect(found.plan.services).toEqual([]);
    };
    none(pair((priority) => instance([`${vip}/24`], { priority }) + service("fwmark 1", ["192.0.2.31 80"])));
    none(pair(tracking("/bin/true"), { "haproxy.cfg": "listen stats\nbind 127.0.0.1:80\nstats enable\n" }));
    none(rehearsed({ "lb1.conf": instance([]) }));
  });
});
