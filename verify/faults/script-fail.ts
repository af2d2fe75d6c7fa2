import { z } from "zod";
import { instancesOf, type Lab, type TrackScript, trackedBy, type VrrpInstance } from "../../lab/index.ts";
import { LabError } from "../live/lab-error.ts";
import { defineFault, type FaultSite } from "./fault.ts";
import { targets } from "./targets.ts";
import { must } from "./unit.ts";

/** Where the fault keeps the program, and what stands in for it. */
const DIRECTORY = "/var/lib/lvs-lab/script-fail";
const STAND_IN = `${DIRECTORY}/stand-in`;
/** Notes: the path of the program, and which script fails and how. */
const PROGRAM = `${DIRECTORY}/program`;
const SCRIPT = `${DIRECTORY}/script`;

export const scriptFail = defineFault({
  id: "script-fail",
  title: "let a tracked script fail on",
  explains:
    "The script's program fails whenever keepalived runs it as the script, and works for everyone else. After `fall` failures keepalived lowers the director's priority by the script's weight, or without a weight goes to FAULT. If a director of higher priority is there then, it takes over.",
  parameters: z.strictObject({
    script: z.string().optional().describe("keepalived's name of it; without it the first that the director tracks"),
    how: z
      .enum(["ends", "hangs"])
      .default("ends")
      .describe("`ends` with status 1, or `hangs` until its timeout is over"),
  }),
  targets: targets.scriptTrackers,
  goes: (instance, { script }) => {
    const all = trackedBy(instance).filter(({ kind }) => kind === "script");
    return script === undefined ? all[0] : all.find(({ name }) => name === script);
  },
  byHand: {
    inject: "mount --bind /bin/false PROGRAM # for everyone on this server",
    heal: "umount PROGRAM",
  },
  async inject(site, { script, how }) {
    const { name, command: words } = scriptOn(site, script);
    const [program = "", ...args] = words;
    const note = `${name} ${how}`;
    // One script fails at a time, as the ledger has it.
    const { output, status } = await site.view.on(site.server)`cat ${SCRIPT}`;
    if (status === 0 && output.trim() !== note) await undo(site);
    // What stands in must not be run by the shell that it may stand in for.
    await must(
      site.view.on(site.server)`set -e
program=$(readlink --canonicalize-existing ${program})
if [ ! -e ${STAND_IN} ]; then
  mkdir -p ${DIRECTORY}
  echo "$program" >${PROGRAM}
  echo ${note} >${SCRIPT}
  real=${DIRECTORY}/$(basename "$program").real
  cp --preserve=mode "$program" "$real"
  shell=$(readlink --canonicalize-existing /bin/sh)
  if [ "$program" = "$shell" ]; then shell=$real; fi
  { echo "#!$shell"; echo "real=$real"; printf %s ${standIn(args, how)}; } >${`${STAND_IN}.new`}
  chmod 0755 ${`${STAND_IN}.new`}
  mv ${`${STAND_IN}.new`} ${STAND_IN}
fi
if [ ! "$program" -ef ${STAND_IN} ]; then mount --bind ${STAND_IN} "$program"; fi`,
    );
  },
  heal: undo,
  async present(site, { script }) {
    const { name, command: words } = scriptOn(site, script);
    const [program = ""] = words;
    const { status } = await site.view.on(
      site.server,
    )`[ ${program} -ef ${STAND_IN} ] && grep --quiet ${`^${name} `} ${SCRIPT}`;
    return {
      there: status === 0,
      seen: status === 0 ? `${program} fails for the script ${name}` : `${program} is itself for the script ${name}`,
    };
  },
});

/** Makes the program itself again, whichever script failed by it. */
async function undo({ view, server }: FaultSite): Promise<void> {
  // Lazily: a run that hangs is still busy with it.
  await must(
    view.on(server)`set -e
if [ -e ${PROGRAM} ]; then
  program=$(cat ${PROGRAM})
  while [ "$program" -ef ${STAND_IN} ]; do umount --lazy "$program"; done
fi
rm -rf ${DIRECTORY}`,
  );
}

/** What is run in place of the program: it fails if keepalived runs it with the script's arguments, else it is the program. */
const standIn = (args: readonly string[], how: "ends" | "hangs"): string =>
  `read -r parent </proc/$PPID/comm
if [ "$parent" = keepalived ] && [ "$*" = ${inSh(args.join(" "))} ]; then
  ${how === "hangs" ? "exec sleep 3600" : "exit 1"}
fi
exec "$real" "$@"
`;

/** A text as sh takes it literally; it knows no $'…'. */
const inSh = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** A script that a server tracks. @throws LabError of kind `misuse` if it does not */
function scriptOn({ view: { lab }, server }: FaultSite, name: string | undefined): TrackScript {
  const all = scriptsOn(lab, server);
  const found = name === undefined ? all[0] : all.find((one) => one.name === name);
  if (found) return found;
  throw new LabError(
    `${server} tracks no script ${name ?? ""}; it tracks ${all.map((one) => one.name).join(", ") || "none"}`,
    "misuse",
  );
}

const scriptsOn = (lab: Lab, server: string): TrackScript[] =>
  instancesOf(lab, server).flatMap(({ trackScripts = [] }: VrrpInstance) => trackScripts);
