import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { defaultOs, instanceOfVip, poolOf, serverNamed, serviceUrl } from "../../lab/index.ts";
import { type OsName, osFamilies } from "../../provision/os.ts";
import { patience } from "../../provision/ssh/index.ts";
import { whileBroken } from "../faults/while-broken.ts";
import { Download, type Downloaded } from "../live/download.ts";
import { untilAborted } from "../live/interruptible.ts";
import { LabError } from "../live/lab-error.ts";
import type { View } from "../live/view.ts";
import { vipHolders } from "../live/vip-holders.ts";
import type { Check } from "./check.ts";
import { clientOfSynced, type ServiceSubject } from "./subjects.ts";

/** The file's size: at the pace of a `Download` it lasts for four minutes. */
const MEGABYTES = 16;

/** How long each step may take under KVM. */
const SECONDS = 15;

/** How long a master may keep what it tells the others of its connections: IPVS_SYNC_FLUSH_TIME in the kernel's ip_vs_sync.c is two seconds. */
const SYNC_SECONDS = 3;

/** What must come after a change of director: the real server sends it once it hears that earlier parts were read. */
const PROOF_BYTES = 256 * 1024;

export const downloadSurvives: Check<ServiceSubject> = {
  id: "download-survives",
  title: "A download goes on while its director dies, and while it returns",
  role: "client",
  proves:
    "Connections outlive their director: a file that the client began to download through the master arrives whole, though the master loses its " +
    "power in the middle and takes the VIP back later.",
  appliesTo: (lab) => clientOfSynced(lab).length > 0,
  faulty: true,
  subjects: clientOfSynced,
  expected: () =>
    "the whole file, with the SHA-256 that the real server has of it, a part of it after each change of director",
  byHand: (lab, { service }) => [
    `npx lvs-lab ssh ${poolOf(service)[0]?.server} -- 'head -c ${MEGABYTES}M /dev/urandom | tee ${fileOn(lab.servers[0]?.os)} | sha256sum' # the same file on every real server`,
    `curl --insecure --limit-rate 64k ${serviceUrl(service)}${NAME} | sha256sum`,
    `npx lvs-lab fault inject power-off ${instanceOfVip(lab, service.vip)?.members[0]?.server} # in another shell, and then \`npx lvs-lab heal\``,
  ],
  hint: () =>
    "The check `connection-sync` tells whether directors know each other's connections. A break at the return: the director took the VIP before " +
    "it had heard of the connections; `preemptDelay` gives it time.",
  async look(view, { service }) {
    const { lab, live } = view;
    const { vip } = service;
    const instance = instanceOfVip(lab, vip);
    const { holders } = await vipHolders(live, vip);
    const [master] = holders;
    if (master === undefined) return { passed: false, seen: "no director holds the VIP", started: false };
    const servers = poolOf(service).map(({ server }) => server);
    const sums = new Map(
      await Promise.all(servers.map(async (server) => [await placeFile(view, server), server] as const)),
    );
    const download = new Download(view, `${serviceUrl(service)}${NAME}`);
    let begun = false;
    /** Waits for a condition, or for the end of the connection. `received`: 0 before there is one. */
    const wait = (signal: AbortSignal, what: string, condition: (received: number) => Promise<boolean> | boolean) =>
      untilAborted(
        signal,
        async () => {
          const received = await download.received();
          begun ||= received !== undefined;
          const ended = download.over || (begun && received === undefined);
          if (!ended && !(await condition(received ?? 0))) throw new LabError(`${what}, for ${SECONDS} s`);
        },
        { seconds: patience(live, SECONDS), everyMs: 200, failed: (last) => last as Error },
      );
    const goesOn = async (signal: AbortSignal, when: string): Promise<void> => {
      const begin = (await download.received()) ?? 0;
      let last = begin;
      await wait(signal, `no more came ${when}`, (received) => {
        last = Math.max(last, received);
        return received >= begin + PROOF_BYTES;
      });
      if (last >= begin + PROOF_BYTES) told.push(`it went on ${when}`);
    };
    const told: string[] = [];
    const { signal: never } = new AbortController();
    let result: Downloaded;
    try {
      await goesOn(never, `through ${master}`);
      await delay(SYNC_SECONDS * 1000);
      await whileBroken(view, "power-off", master, async (signal) => {
        await wait(
          signal,
          "no other director took the VIP",
          async () => (await vipHolders(live, vip)).holders.length > 0,
        );
        await goesOn(signal, `without ${master}`);
      });
      if (instance?.preempt) {
        const back = async () => (await vipHolders(live, vip)).holders.join() === master;
        await wait(never, `${master} did not take the VIP again`, back);
        await goesOn(never, `through ${master} again`);
      }
      result = await download.finish();
    } finally {
      download.stop();
      await Promise.all(servers.map((server) => view.on(server)`rm --force ${fileOn(serverNamed(lab, server).os)}`));
    }
    const server = sums.get(result.sha256);
    const end =
      result.error === undefined
        ? server === undefined
          ? "its SHA-256 is that of no real server's file"
          : `whole, with the SHA-256 of ${server}'s file`
        : `broken: ${result.error}`;
    return {
      passed: server !== undefined && told.length === (instance?.preempt ? 3 : 2),
      started: result.bytes > 0,
      seen: [`${(result.bytes / 2 ** 20).toFixed(1)} MiB, ${end}`, ...told].join("; "),
    };
  },
};

const NAME = "lvs-lab-download";

/** The file in the directory that the web server serves. */
const fileOn = (os: OsName = defaultOs): string => join(dirname(osFamilies[os].httpd.page), NAME);

/** Makes a file of random data on a real server. @returns its SHA-256 */
async function placeFile(view: View, server: string): Promise<string> {
  const file = fileOn(serverNamed(view.lab, server).os);
  const { output } = await view.on(server)`head -c ${MEGABYTES}M /dev/urandom >${file} && sha256sum <${file}`;
  return output.split(" ")[0] ?? "";
}
