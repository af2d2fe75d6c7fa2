import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { becomeRoot } from "../../../../provision/host/machine/namespaces.ts";
import { commandLine } from "../../../../provision/host/machine/processes.ts";
import { until } from "../../../../provision/until.ts";

/** A lab host's init that does nothing, and processes with the command lines of QEMUs beside it. */
const INIT = `#!/bin/bash
directory=$1
shift 3
for guest; do
	(exec -a qemu-system-x86_64 bash -c 'sleep 1000; :' bash -name "guest=$guest,debug-threads=on") &
done
read -r pid _ </proc/self/stat # /proc is still the machine's
echo "$pid" >"$directory/init.pid"
while :; do wait || true; done
`;

/**
 * What a lab host looks like from outside, without a userland: an init of its command line that is PID 1 of a namespace and has the lab's
 * directory mounted at its own path. It ends with the test.
 */
export async function aLabHost(
  directory: string,
  { guests = [], mark = true }: { guests?: readonly string[]; mark?: boolean } = {},
): Promise<{ pid: number; lives(): boolean }> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "init.sh"), INIT);
  if (mark) await writeFile(join(directory, "lvs-lab"), "");
  const namespaces = [...becomeRoot(), "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--"];
  // As in a lab host, what the directory is mounted on is not the machine's: removed there, it stays mounted here.
  const script =
    'mount --bind "$2" /mnt && mount -t tmpfs tmpfs "${2%/*}" && mkdir "$2" && mount --bind /mnt "$2" && umount /mnt && exec /bin/bash "$@"';
  const init = [join(directory, "init.sh"), directory, "/cache/qemu-capabilities", "3142", ...guests];
  const child = spawn("unshare", [...namespaces, "sh", "-c", script, "sh", ...init], { stdio: "ignore" });
  const ended = once(child, "exit");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const pid = await until(async () => Number((await readFile(join(directory, "init.pid"), "utf8")).trim()), {
    seconds: 10,
    everyMs: 20,
    failed: (last) => last as Error,
  });
  return { pid, lives: () => commandLine(pid).length > 0 };
}
