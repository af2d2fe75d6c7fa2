// @ts-check
import { readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/**
 * A Go package that a build has to compile. `version`: its module's; `seconds`: its work, in seconds of a core.
 * @typedef {{ path: string, version: string, seconds: number }} Package
 */

/** What `go list -deps` is to print, for `readPackages`: a line for each package that Go's cache does not have as the flags want it. */
export const packageFormat =
  '{{if .Stale}}{{.ImportPath}}\t{{with .Module}}{{.Version}}{{end}}\t{{.Dir}}\t{{join .GoFiles "\t"}}{{end}}';

/*
 * The work of a package comes from the size of its sources. Measured over a build of the toolchain (`go build -debug-actiongraph`), as all
 * seconds here; only their ratios count. Where a link is one of four, its own size hardly matters.
 */
const PACKAGE_SECONDS = 0.05;
const BYTE_SECONDS = 1.65e-6;
const LINK_SECONDS = 1.6;

/**
 * Packages that this misses by more than a second, and what they took. Sources that are tables are quick, generic code and large literals are slow.
 * @type {Record<string, number>}
 */
const measured = {
  "crypto/tls": 2.0,
  "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs": 4.7,
  "github.com/ccojocar/zxcvbn-go/data": 0.1,
  "github.com/hashicorp/go-getter": 1.5,
  "github.com/nbutton23/zxcvbn-go/data": 0.1,
  "github.com/pgavlin/goldmark/util": 2.1,
  "github.com/pulumi/pulumi-yaml/pkg/pulumiyaml": 4.4,
  "github.com/pulumi/pulumi-yaml/pkg/pulumiyaml/codegen": 3.4,
  "github.com/pulumi/pulumi/pkg/v3/codegen/go": 1.9,
  "github.com/pulumi/pulumi/pkg/v3/resource/deploy": 2.7,
  "github.com/pulumi/pulumi/sdk/v3/go/pulumi": 9.6,
  "github.com/rivo/uniseg": 0.2,
  "github.com/yuin/goldmark-emoji/definition": 1.6,
  "google.golang.org/protobuf/internal/impl": 2.0,
  "net/http": 3.4,
};

/**
 * @param {string} file what `go list` printed
 * @returns {Package[]}
 */
export const readPackages = (file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [path = "", version = "", directory = "", ...sources] = line.split("\t");
      return { path, version, seconds: measured[path] ?? estimate(directory, sources) };
    });

/** @param {string} directory @param {string[]} sources @returns {number} */
const estimate = (directory, sources) => {
  const bytes = sources.reduce((sum, name) => sum + (name ? statSync(join(directory, name)).size : 0), 0);
  return PACKAGE_SECONDS + bytes * BYTE_SECONDS;
};

/**
 * Follows builds by the packages that `go build -v` names as it begins to compile them: how many, and how much of all the work. They
 * differ in it a thousandfold, so that their number says little about the time.
 * @param {Map<string, Package[]>} packages what each Go module's binaries compile, in building order: a package that an earlier module
 *   compiles in the same version is found compiled
 * @param {number} binaries how many there are to link
 * @param {number} atOnce how many packages Go compiles at once: the last ones that it named are not compiled yet
 */
export const followBuilds = (packages, binaries, atOnce = availableParallelism()) => {
  /** @type {Map<string, number>} work by module and path, of what is not begun yet */
  const wanting = new Map();
  const known = new Set();
  for (const [module, list] of packages) {
    for (const { path, version, seconds } of list) {
      if (known.has(`${path}@${version}`)) continue;
      known.add(`${path}@${version}`);
      wanting.set(`${module} ${path}`, seconds);
    }
  }
  const total = wanting.size;
  const work = [...wanting.values()].reduce((sum, seconds) => sum + seconds, binaries * LINK_SECONDS);
  let done = 0;
  /** @type {number[]} */
  let begun = [];
  return {
    /** @param {string} module @param {string} path */
    begins: (module, path) => {
      begun.push(wanting.get(`${module} ${path}`) ?? 0);
      wanting.delete(`${module} ${path}`);
      if (begun.length > atOnce) done += begun.shift() ?? 0;
    },
    /** A binary is there, and so all that it is made of. */
    linked: () => {
      done += LINK_SECONDS + begun.reduce((sum, seconds) => sum + seconds, 0);
      begun = [];
    },
    /** @returns {string} for example "package 812 of 1944" */
    count: () => `package ${total - wanting.size} of ${total}`,
    share: () => done / work,
  };
};
