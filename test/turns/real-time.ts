import { $ } from "zx";
import { descendants } from "../../provision/host/machine/processes.ts";

/**
 * Gives processes, and all that they have started and will start, the processors before everybody else: SCHED_RR of sched(7), set by chrt(1).
 *
 * @param roots gives their PIDs; asked again at the end, since some may have come or gone
 * @returns what takes it back; undefined if it is not permitted: to this user (CAP_SYS_NICE), or in a control group (cpu.rt_runtime_us)
 */
export async function realTime(roots: () => readonly number[]): Promise<(() => Promise<void>) | undefined> {
  const all = () => roots().flatMap((root) => [root, ...descendants(root)]);
  const takeBack = async () => void (await scheduled(["--other", "0"], all()));
  if (await scheduled(["--rr", "1"], all())) return takeBack;
  await takeBack();
  return undefined;
}

/** Sets policy and priority of processes, with all their threads. @returns whether it could, for each that has not ended meanwhile */
async function scheduled([policy = "", priority = ""]: readonly string[], pids: readonly number[]): Promise<boolean> {
  // chrt stops at a thread that has ended meanwhile. One process that cannot be set keeps no other from it.
  const script = `status=0
  for pid; do
    for try in 1 2 3; do
      chrt --all-tasks "$policy" --pid "$priority" "$pid" 2>/dev/null && continue 2
      grep -q '^State:[[:space:]][^ZX]' "/proc/$pid/status" 2>/dev/null || continue 2
    done
    status=1
  done
  exit $status`;
  const env = { ...process.env, policy, priority };
  return (await $({ nothrow: true, quiet: true, env })`sh -c ${script} sh ${pids.map(String)}`).exitCode === 0;
}
