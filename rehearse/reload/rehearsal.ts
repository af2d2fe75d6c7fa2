import type { Ip, VirtualService } from "../../lab/index.ts";
import { osFamilies } from "../../provision/os.ts";
import { placing } from "../../provision/roles/own-files.ts";
import { configTest } from "../../provision/roles/own-keepalived.ts";
import { command } from "../../provision/ssh/index.ts";
import { LabError } from "../../verify/live/lab-error.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";
import { vipHolders } from "../../verify/live/vip-holders.ts";
import type { RunResult } from "../../verify/report/result.ts";
import { type ResolvedScenario, settledMaster } from "../../verify/scenarios/index.ts";
import { type Director, directorOf } from "../directors/director.ts";
import type { Folder } from "../folder.ts";
import type { Next } from "../plan/extend.ts";
import { filesOf } from "../plan/files.ts";
import { instancesOf } from "../plan/instances.ts";
import { serverNameOf } from "../plan/names.ts";
import type { Budgets } from "../plan/plan.ts";
import { runningDirectors } from "../plan/running.ts";
import { electedHolders, type Holders, movingAddresses, rollOutOrder } from "./holders.ts";
import { type Held, type ReloadRow, reloadRows } from "./row.ts";
import { reloadScenario } from "./scenario.ts";

/** What is held against each other. */
interface Folders {
  /** The folder whose files run. */
  readonly from: Folder;
  /** The folder whose files are to replace them. */
  readonly to: Next;
}

/** The roll-out of new files on the directors of a rehearsal that is up, one after the other. */
export class ReloadRehearsal {
  readonly order: readonly string[];
  readonly scenario: ResolvedScenario;
  readonly #live: LiveLab;
  readonly #folders: Folders;
  /** As they run. */
  readonly #old: readonly Director[];
  readonly #new: readonly Director[];
  readonly #addresses: readonly Ip[];
  /** Who held what before each reload, by the director that was reloaded. */
  readonly #before = new Map<string, Holders>();

  private constructor(
    live: LiveLab,
    folders: Folders,
    addresses: readonly Ip[],
    holders: Holders,
    { service, master }: { readonly service: VirtualService; readonly master: string },
  ) {
    this.#live = live;
    this.#folders = folders;
    const { from, to } = folders;
    this.#old = runningDirectors(to.plan, { folder: from, directors: from.configurations.map(directorOf) });
    this.#new = runningDirectors(to.plan, to);
    this.#addresses = addresses;
    this.order = rollOutOrder(live.lab, holders);
    this.scenario = reloadScenario(live, {
      ...{ service, master, order: this.order },
      reload: async (server) => await this.#reload(server),
    });
  }

  /**
   * @param service whose clients ask all the time
   * @throws LabError unless one director holds its address, as the old files have it
   */
  static async prepare(live: LiveLab, folders: Folders, service: VirtualService): Promise<ReloadRehearsal> {
    const { plan } = folders.to;
    const addresses = movingAddresses([live.lab, { vrrp: instancesOf(plan, runningDirectors(plan, folders.to)) }]);
    const master = await settledMaster(live, service);
    return new ReloadRehearsal(live, folders, addresses, await holdersOf(live, addresses), { service, master });
  }

  /** What the run of the scenario has shown, and who holds the addresses now. */
  async rows(result: RunResult, budgets: Budgets = {}): Promise<ReloadRow[]> {
    const last = await holdersOf(this.#live, this.#addresses);
    const held = new Map(
      this.order.map((server, place) => {
        const before = this.#before.get(server) ?? last;
        const after = this.#before.get(this.order[place + 1] ?? "") ?? last;
        return [server, this.#addresses.map((address) => this.#held(address, place, before, after))] as const;
      }),
    );
    return reloadRows(result, this.order, held, budgets);
  }

  #held(address: Ip, place: number, held: Holders, then: Holders): Held {
    const [before = [], after = []] = [held.get(address), then.get(address)];
    const elected = electedHolders(this.#folders.to.plan, this.#mixed(place), address, before);
    return { address, before, after, elected };
  }

  /** The directors with the files that run once those up to a place in the order are reloaded. */
  #mixed(place: number): Director[] {
    const done = this.order.slice(0, place + 1);
    return this.#old.map((old) =>
      done.includes(serverNameOf(old.name)) ? (this.#new.find(({ name }) => name === old.name) ?? old) : old,
    );
  }

  /** Puts the new files on a director and has keepalived read them, unless it refuses them. */
  async #reload(server: string): Promise<void> {
    this.#before.set(server, await holdersOf(this.#live, this.#addresses));
    const { from, to } = this.#folders;
    const of = (folder: Folder) => {
      const configuration = folder.configurations.find(({ director }) => serverNameOf(director) === server);
      if (!configuration) throw new LabError(`${server} has no configuration`);
      return filesOf(folder, configuration);
    };
    const files = of(to.folder);
    const stale = Object.keys(of(from)).filter((path) => !(path in files));
    const { os } = this.#live.servers.find(({ name }) => name === server) ?? {};
    const { service } = osFamilies[os ?? "debian-12"].keepalived;
    const connection = await onServer(this.#live, server);
    await connection.script(
      [
        "set -e",
        ...(stale.length > 0 ? [command`rm -f ${stale}`] : []),
        ...placing(files),
        // It goes on with what it complains of, 5, and with scripts that others could change, 6: enum chk_exit_code of keepalived's lib/scheduler.h.
        `said=$(${configTest}) || status=$?`,
        `case \${status:-0} in 0 | 5 | 6) ;; *) echo "keepalived --config-test refuses the new files: $said" >&2; exit 1 ;; esac`,
        command`systemctl reload ${service}`,
      ].join("\n"),
    );
  }
}

/** Asks all directors for all addresses. */
async function holdersOf(live: LiveLab, addresses: readonly Ip[]): Promise<Holders> {
  const found = await Promise.all(addresses.map((address) => vipHolders(live, address)));
  return new Map(addresses.map((address, index) => [address, [...(found[index]?.holders ?? [])].sort()]));
}
