import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import type { Folder } from "../rehearse/folder.ts";
import {
  type Cell,
  cellsOf,
  type Event,
  events,
  formatMatrix,
  prepareCell,
  serviceWords,
  timesOf,
} from "../rehearse/matrix/index.ts";
import { missingDevices, nextOf } from "../rehearse/plan/extend.ts";
import { PLAN } from "../rehearse/plan/file.ts";
import { formatReload, ReloadRehearsal, writeRollOut } from "../rehearse/reload/index.ts";
import { configTests, formatConfigTests } from "../rehearse/report/config-test.ts";
import { MatrixRecord } from "../rehearse/report/record.ts";
import { versionsOf } from "../rehearse/report/versions.ts";
import type { LiveLab } from "../verify/live/live-lab.ts";
import { runSuite } from "../verify/report/run-suite.ts";
import { minutes } from "../verify/report/words.ts";
import { writeJunit } from "../verify/report/write.ts";
import { serviceOf } from "../verify/scenarios/index.ts";
import { runCells } from "./cells-run.ts";
import { runAndReport } from "./commands/scenario.ts";
import { CliError, exitStatus } from "./exit-status.ts";
import { liveLab } from "./live-lab.ts";
import { pulumiDo } from "./pulumi.ts";
import { prepareStack } from "./recover.ts";
import { configureRehearsal, folderAt, planAt, writePlan } from "./rehearsal.ts";
import type { StackLock } from "./stack-lock.ts";

const say = (message: unknown): void => console.error(message);

/** @throws CliError unless guests run under KVM */
export function demandKvm(acceleration: "kvm" | "qemu"): void {
  if (acceleration !== "kvm")
    throw new CliError(
      "KVM is required and does not work here. Fix: `npx lvs-lab doctor` says why; without --require-kvm the directors are emulated",
      exitStatus.configuration,
    );
}

/**
 * Brings up the rehearsal of a folder, and tells what keepalived itself says of its files; writes its plan if it has none.
 * @param to a folder whose files are to replace these
 */
export async function bringUp(lock: StackLock, path: string, to?: string): Promise<LiveLab> {
  if (!existsSync(join(path, PLAN))) writePlan(path, { say });
  await configureRehearsal(lock.stack, path, to);
  await prepareStack(lock, say);
  // Directors that are up may run other files: a reload rehearsal leaves them the new ones.
  const status = await pulumiDo("up", lock.stack, { refresh: true });
  if (status !== 0) throw new CliError(`\`pulumi up\` ended with status ${status}`, status);
  const live = await liveLab(lock.stack);
  for (const line of formatConfigTests(await configTests(live))) say(line);
  return live;
}

/** How a matrix is run. */
export interface MatrixOptions {
  /** The directory of the reports. */
  readonly report: string;
  readonly only?: readonly Event[];
  /** How long all runs may take, in milliseconds. */
  readonly budget?: number;
  readonly junit?: boolean;
  readonly requireKvm?: boolean;
}

/** What a rehearsal has shown. */
export interface Rehearsed {
  /** Whether all that was measured is as promised. */
  readonly passed: boolean;
  /** Lines for a terminal. No newline at the end. */
  readonly summary: string;
}

/** Rehearses the cells of a folder one after the other: passed, if each run came to its end and no measurement misses what was promised. */
export async function rehearseAll(
  lock: StackLock,
  path: string,
  {
    report,
    only,
    budget: budgetMs,
    junit: asJunit,
    requireKvm,
    signal,
  }: MatrixOptions & { readonly signal: AbortSignal },
): Promise<Rehearsed> {
  const live = await bringUp(lock, path);
  if (requireKvm) demandKvm(live.acceleration);
  const cells = cellsOf(live.lab, only);
  if (cells.length === 0 && cellsOf(live.lab).length > 0)
    throw new CliError(
      `${only?.join(", ")} fits none of the services ${serviceWords(live.lab)}: but for crash, a master must take its addresses back; a real server must not be ` +
        "alone, and a health check must see how it fails. Fix: leave --only out",
      exitStatus.configuration,
    );
  if (cells.length === 0)
    throw new CliError(
      `nothing to break: ${
        live.lab.services.length === 0
          ? "there is no virtual server of TCP with an address and a port on the client's network, and nothing in `services`, of which outages could be seen"
          : `of the services ${serviceWords(live.lab)} none has real servers and an address that an instance of two directors holds`
      }. Fix: see the client's network and the stand-ins in ${join(path, PLAN)}; \`npx lvs-lab rehearse lint ${path}\` tells what the configurations lack`,
      exitStatus.configuration,
    );
  const plan = await planAt(path);
  const { budgets } = plan;
  const record = await MatrixRecord.begin({
    ...{ folder: folderAt(path), plan, stack: lock.stack, lab: live.lab, cells, directory: report },
    versions: await versionsOf(live),
  });
  for (const { service, events: all, reason } of record.leftOut) {
    const asked = all.filter((event) => only?.some((one) => event.split(" ")[0] === one));
    if (asked.length > 0) say(`not run: ${asked.join(", ")}, ${service}: ${reason}`);
  }
  const runs = `${cells.length} ${cells.length === 1 ? "run" : "runs"}`;
  // Of a director that cannot be asked, each run says so itself.
  const times = await timesOf(live, cells).catch(() => new Map<Cell, number>());
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  say(all === 0 ? runs : `${runs}, about ${minutes(all)} in all`);
  const { rows, suites, left } = await runCells(cells, {
    ...{ lab: live.lab, record, budgets, budgetMs, times, signal, say },
    run: async (cell) => await runAndReport(live, await prepareCell(live, cell), report),
  });
  if (asJunit) await writeJunit(report, suites);
  const notRun = `${left.length} of ${cells.length} not run: ${left.map(({ event }) => events[event].title).join("; ")}`;
  return {
    passed: rows.every(({ passed }) => passed),
    summary: [
      formatMatrix(rows),
      ...(left.length > 0 ? [notRun] : []),
      `report: ${relative(process.cwd(), record.html)}`,
    ].join("\n"),
  };
}

/** How new files are rehearsed. */
export interface ReloadOptions {
  /** The directory of the reports. */
  readonly report: string;
  /** The name of the service that clients ask. */
  readonly service?: string;
  readonly junit?: boolean;
}

/**
 * Reloads the files of one folder on directors that run those of another, one director after the other: passed, if nothing was lost, broke, or moved
 * against the priorities.
 */
export async function rehearseReload(
  lock: StackLock,
  from: string,
  to: string,
  { report, service, junit: asJunit }: ReloadOptions,
): Promise<Rehearsed> {
  if (!existsSync(join(from, PLAN))) writePlan(from, { say });
  const plan = await planAt(from);
  const folders = { from: folderAt(from), to: await nextOf(to, plan) };
  demandSameDirectors(folders.from, folders.to.folder);
  const missing = missingDevices(plan, folders.to.directors);
  if (missing.length > 0)
    throw new CliError(
      `${to} names interfaces that ${join(from, PLAN)} does not have: ${missing.join(", ")}. Fix: add them there, to their director's \`interfaces\``,
      exitStatus.configuration,
    );
  const live = await bringUp(lock, from, to);
  const asked = serviceOf(live.lab, service);
  const rehearsal = await ReloadRehearsal.prepare(live, folders, asked);
  const about = {
    ...({ format: "lvs-lab roll-out", version: 1, from, to, stack: lock.stack } as const),
    ...{ startedAt: new Date().toISOString(), versions: await versionsOf(live), service: asked.name },
  };
  await writeRollOut(report, { ...about, finished: false, passed: false, reloads: [], report: null });
  const { result, paths } = await runAndReport(live, rehearsal.scenario, report);
  const { budgets } = plan;
  const rows = await rehearsal.rows(result, budgets);
  const finished = rows.length === rehearsal.order.length;
  const passed = finished && rows.every((row) => row.passed);
  for (const line of formatConfigTests(await configTests(live))) say(line); // of the new files
  const page = relative(report, paths.html);
  await writeRollOut(report, { ...about, finished, passed, reloads: rows, report: page });
  if (asJunit) await writeJunit(report, [runSuite(result)]);
  return {
    passed,
    summary: [formatReload(rows), `report: ${relative(process.cwd(), paths.html)}`].join("\n"),
  };
}

/** @throws CliError if the two folders are not of the same directors */
function demandSameDirectors(from: Folder, to: Folder): void {
  const namesIn = ({ configurations }: Folder): string =>
    configurations
      .map(({ director }) => director)
      .sort()
      .join(", ");
  if (namesIn(from) === namesIn(to)) return;
  throw new CliError(
    `${from.path} has the directors ${namesIn(from)}, and ${to.path} has ${namesIn(to)}. Fix: name the files of both folders alike, NAME.conf or NAME/keepalived.conf`,
    exitStatus.configuration,
  );
}
