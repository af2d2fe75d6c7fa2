import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "zx";
import { projectRoot } from "../../setup/paths.mjs";

/**
 * Writes the project to a file that `git clone` accepts: the last commit, and one more commit with the uncommitted changes.
 * Leaves the checkout's repository and index alone.
 */
export async function bundleProject(file: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "lvs-bundle-"));
  try {
    const run = $({ quiet: true, cwd: projectRoot });
    await run`git clone --quiet --shared --no-checkout . ${scratch}`;
    const git = ["git", "--git-dir", join(scratch, ".git"), "--work-tree", projectRoot];
    await run`${git} add --all`;
    await run`${git} -c user.name=test -c user.email=test@example.org commit --quiet --allow-empty --no-verify --message ${"Working tree"}`;
    await run`${git} checkout --quiet -B main`;
    await run`${git} bundle create --quiet ${file} HEAD main`;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
