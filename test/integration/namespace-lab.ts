import { $ } from "zx";
import { clientAddress, interfaceOn, type Lab, withPrefix } from "../../lab/index.ts";
import { labEnvironment } from "../../provision/host/machine/namespaces.ts";
import { command, type Word } from "../../provision/ssh/index.ts";
import type { Check, Seen } from "../../verify/checks/check.ts";
import type { Subject } from "../../verify/checks/subjects.ts";
import { type Evidence, View } from "../../verify/live/view.ts";
import { aLiveLab } from "../unit/verify/a-live-lab.ts";
import { end, type Finish, type Host, makeHost } from "./hosts.ts";

/** A lab's hosts by name, as network namespaces on one Ethernet segment: no guest, no role, and the kernel's own ARP. */
export interface NamespaceLab {
  readonly lab: Lab;
  /** Runs a shell command on a host. */
  on(
    host: string,
    text: string,
  ): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Runs one that must work. @throws Error with its output */
  must(host: string, text: string): Promise<string>;
  /** The command line that runs a command on a host. */
  joined(host: string, words: readonly string[]): string[];
  /** What a check sees there. */
  look(check: Check, host: string): Promise<Seen>;
  view(): Promise<View>;
}

/** The name of the bridge on the host `segment`. */
const BRIDGE = "br0";

/** So that labs of one process are told apart. */
let labs = 0;

/** Makes a lab's servers, client and segment, each host with an eth0 and an empty /etc/keepalived. They end with the test. */
export async function namespaceLab(lab: Lab, { onTestFinished }: Finish): Promise<NamespaceLab> {
  const hosts = new Map<string, Host>();
  const joined = (host: string, words: readonly string[]): string[] => hosts.get(host)?.joined([...words]) ?? ["false"];
  const on = async (host: string, text: string) => {
    const words = joined(host, ["bash", "-c", text]);
    return await $({ nothrow: true, quiet: true, env: labEnvironment() })`${words}`;
  };
  const must = async (host: string, text: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await on(host, text);
    if (exitCode !== 0) throw new Error(`${host}: ${text}: status ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  };
  const add = async (name: string): Promise<Host> => {
    const host = await makeHost(
      "mount -t tmpfs tmpfs /etc/keepalived; mount -t tmpfs tmpfs /run; mount -t sysfs sysfs /sys",
    );
    onTestFinished(() => end(host.process));
    hosts.set(name, host);
    return host;
  };
  await add("segment");
  const address = withPrefix(lab, lab.networks[0]?.hostAddresses[0] ?? clientAddress(lab));
  await must(
    "segment",
    `ip link add ${BRIDGE} type bridge && ip link set ${BRIDGE} up && ip address add ${address} dev ${BRIDGE}`,
  );
  const all = [
    ...lab.servers.map((server) => ({
      name: server.name,
      address: server.management,
      mac: interfaceOn(server, "segment").mac,
    })),
    { name: "client", address: clientAddress(lab), mac: "52:54:00:aa:00:fa" },
  ];
  for (const [index, one] of all.entries()) {
    const { pid } = await add(one.name);
    await must(
      "segment",
      `ip link add p${index} type veth peer name eth0 address ${one.mac} netns ${pid} && ip link set p${index} master ${BRIDGE} up`,
    );
    await must(one.name, `ip address add ${withPrefix(lab, one.address)} dev eth0 && ip link set eth0 up`);
  }
  const host = { kind: "private", directory: `/lab${++labs}` } as const;
  const view = async () =>
    new NamespaceView({ ...(await aLiveLab("dr")), lab, host, bridges: { segment: BRIDGE } }, on);
  return {
    lab,
    on,
    must,
    joined,
    view,
    async look(check, host) {
      const subject = check.subjects(lab).find((one) => one.host === host);
      if (!subject) throw new Error(`${check.id} is not looked at on ${host}`);
      return await check.look(await view(), subject as Subject);
    },
  };
}

export const verdictOf = ({ passed, started }: Seen): "right" | "wrong" | "not there" =>
  passed ? "right" : started ? "wrong" : "not there";

/** A view of a lab whose servers are namespaces. */
class NamespaceView extends View {
  readonly #on: NamespaceLab["on"];

  constructor(live: ConstructorParameters<typeof View>[0], on: NamespaceLab["on"]) {
    super(live);
    this.#on = on;
  }

  override on(server: string): (pieces: TemplateStringsArray, ...values: Word[]) => Promise<Evidence> {
    return async (pieces, ...values) => await this.#run(server, command(pieces, ...values));
  }

  override async client(...words: string[]): Promise<Evidence> {
    return await this.#run("client", command`${words}`);
  }

  override async segment(...words: string[]): Promise<Evidence> {
    return await this.#run("segment", command`${words}`);
  }

  async #run(where: string, text: string): Promise<Evidence> {
    const { stdout, stderr, exitCode } = await this.#on(where, text);
    const evidence = { where, command: text, output: stdout + stderr, status: exitCode };
    this.evidence.push(evidence);
    return evidence;
  }
}
