import { interfaceOn, networkOfVip, poolOf, schedulingOf, type VirtualService } from "../../lab/index.ts";
import { asHost, placeOwn } from "../../provision/roles/ip-address.ts";
import type { View } from "../live/view.ts";
import { type Passage, passageOf, type Snapshots, snapshots, startOf } from "./director.ts";
import { type Event, experiment, REQUESTS, requestsOnly } from "./experiment.ts";
import { modelOf } from "./judge.ts";
import { clientOf } from "./requests.ts";
import { type ClientPlan, clientsThatStay, manyClients, ownSource, twoClients } from "./sources.ts";

/** What clients and, if it was asked, the director saw of a service. */
interface Measured {
  readonly events: readonly Event[];
  /** Undefined: no director was asked, or none has the service. */
  readonly passage: Passage | undefined;
}

/**
 * Opens connections to a service, as its scheduler is told from others.
 * @param serverOf the name of the real server with a page
 * @param askDirector whether the director tells what it has to do before, and what went through it
 */
export async function measure(
  view: View,
  service: VirtualService,
  serverOf: (page: string) => string | undefined,
  { askDirector }: { readonly askDirector: boolean },
): Promise<Measured> {
  const before = askDirector ? await snapshots(view, service) : undefined;
  const events = await eventsOf(view, service, serverOf, before);
  const passage = before && passageOf(events, before, await snapshots(view, service));
  return { events, passage };
}

async function eventsOf(
  view: View,
  service: VirtualService,
  serverOf: (page: string) => string | undefined,
  before: Snapshots | undefined,
): Promise<Event[]> {
  const client = clientOf(view, service, serverOf);
  const size = poolOf(service).length;
  const own = async () => ownSource(view.lab, service);
  if (service.persistenceTimeout !== undefined) {
    const plan = clientsThatStay(view.lab, service);
    return await withAddresses(view, service, plan, () => requestsOnly(client, plan.next, REQUESTS, size));
  }
  const { decidedBy } = schedulingOf(service);
  if (decidedBy === "turns" || decidedBy === "loads") return await experiment(client, service, own);
  const [first] = before?.values() ?? [];
  const model = modelOf(service, first ? startOf(first) : new Map());
  if (decidedBy === "client") {
    const plan = manyClients(view.lab, service, model);
    return await withAddresses(view, service, plan, () => requestsOnly(client, plan.next, plan.count, size));
  }
  const plan = twoClients(view.lab, service, model);
  return await withAddresses(view, service, plan, () => experiment(client, service, plan.next));
}

/** Gives the client more addresses meanwhile. It answers ARP for them as for its own. */
async function withAddresses<T>(
  view: View,
  service: VirtualService,
  { addresses }: Pick<ClientPlan, "addresses">,
  work: () => Promise<T>,
): Promise<T> {
  const { device } = interfaceOn(view.lab.client, networkOfVip(view.lab, service.vip).name);
  const change = async (verb: "replace" | "delete") => {
    for (const address of addresses)
      await view.client("ip", "address", verb, ...placeOwn(asHost(address), device).split(" "));
  };
  try {
    await change("replace");
    return await work();
  } finally {
    await change("delete");
  }
}
