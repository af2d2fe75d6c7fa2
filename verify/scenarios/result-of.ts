import { basename } from "node:path";
import { addressBeside, interfaceTowards, networkOfVip, priorityIn, type VirtualService } from "../../lab/index.ts";
import type { LiveLab } from "../live/live-lab.ts";
import {
  answersPerServer,
  connectionsOf,
  type Outage,
  outageOf,
  type ProbedRequest,
  type ProbeResult,
  type ServerNames,
  seriesOf,
  serverNames,
  summaryOf,
} from "../probe/index.ts";
import type { RunResult, StepResult, Window } from "../report/result.ts";
import { type CaptureResult, vipOwners, vrrpStates } from "../wire/index.ts";
import type { Diagnosis } from "../wire/records.ts";
import type { OpenWindow } from "./observed.ts";
import { promiseOf } from "./promise.ts";
import type { ResolvedScenario } from "./scenario.ts";

interface Facts {
  readonly live: LiveLab;
  readonly scenario: ResolvedScenario;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly interrupted?: string;
  readonly steps: readonly StepResult[];
  readonly windows: readonly OpenWindow[];
  /** Null: the scenario has no load. */
  readonly asked: ProbeResult | null;
  readonly captured: CaptureResult;
  readonly diagnoses: readonly Diagnosis[];
}

/** The result of a run. */
export function resultOf(facts: Facts): RunResult {
  const { live, scenario, startedAt, durationMs, interrupted, steps, asked, captured, diagnoses } = facts;
  const { lab } = live;
  const { service, instance } = scenario;
  const network = networkOfVip(lab, service.vip).name;
  const names = serverNames(service);
  const probe = asked ?? nobodyAsked(service);
  return {
    format: "lvs-lab run",
    version: 2,
    stack: live.stack,
    startedAt: startedAt.toISOString(),
    durationMs,
    passed: interrupted === undefined && steps.every(({ ok }) => ok) && steps.length === scenario.steps.length,
    ...(interrupted === undefined ? {} : { interrupted }),
    lab: {
      name: lab.name,
      setup: lab.setup,
      control: lab.control,
      service: service.name,
      instance: instance?.name ?? null,
      network,
      vip: service.vip,
      port: service.port,
      scheduler: service.proxied ? "a proxy" : service.scheduler,
      client: addressBeside(lab, lab.client, service.vip),
      acceleration: live.acceleration,
      servers: lab.servers.map((server) => {
        const priority = instance ? priorityIn(instance, server.name) : undefined;
        const { addresses, mac } = interfaceTowards(server, network);
        return {
          name: server.name,
          role: server.role,
          address: addresses[0] ?? "",
          mac: mac.toLowerCase(),
          ...(priority === undefined ? {} : { priority }),
        };
      }),
    },
    scenario: { name: scenario.name, title: scenario.title, description: scenario.description },
    steps,
    windows: facts.windows.map((window, index) =>
      windowOf(facts, window, facts.windows[index + 1]?.from ?? durationMs, probe.requests, names),
    ),
    diagnoses,
    load: summaryOf(probe, names),
    series: {
      requests: seriesOf(probe.requests, names),
      connections: connectionsOf(probe, names),
      arp: probe.arp,
      adverts: captured.adverts.map(({ ipId: _, password: __, destinations: ___, ...advert }) => advert),
      gratuitousArp: captured.gratuitousArp,
      vrrpStates: vrrpStates(captured, lab, instance ?? undefined),
      vipOwners: vipOwners(captured, lab, instance ?? undefined),
      capture: { ...captured.info, file: basename(captured.info.file) },
    },
  };
}

function windowOf(
  { live, scenario }: Facts,
  window: OpenWindow,
  to: number,
  all: readonly ProbedRequest[],
  names: ServerNames,
): Window {
  // A window has the requests that were started in it, and those that were under way when it began.
  const requests = all.filter(({ started, ended }) => started < to && ended >= window.from);
  const promise = promiseOf({
    live,
    window,
    service: scenario.service,
    instance: scenario.instance,
    master: scenario.master,
    standby: scenario.standby,
  });
  const perServer = answersPerServer(requests, names);
  const { step, title, from } = window;
  const outage: Outage = outageOf(requests, { since: from });
  return { step, title, from, to, outage, perServer, ...(promise ? { promise } : {}) };
}

/** The result of a probe without requests. */
const nobodyAsked = ({ vip, port }: VirtualService): ProbeResult => ({
  target: { address: vip, port },
  options: { intervalMs: 0, timeoutMs: 0, arpIntervalMs: 0, longLived: 0, longLivedIntervalMs: 0 },
  requests: [],
  arp: [],
  connections: [],
  jitter: { medianMs: 0, p99Ms: 0, maxMs: 0 },
});
