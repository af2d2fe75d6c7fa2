// @ts-check
import { readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/**
 * A Go package that a build compiles. `version`: its module's; `seconds`: CPU seconds on one core.
 * @typedef {{ path: string, version: string, seconds: number }} Package
 */

/** Format for `go list -deps`, read by `readPackages`: a line for each package that Go's cache lacks for these flags. */
export const packageFormat =
  '{{if .Stale}}{{.ImportPath}}\t{{with .Module}}{{.Version}}{{end}}\t{{.Dir}}\t{{join .GoFiles "\t"}}{{end}}';

/*
 * Estimates a package's work from the size of its sources. All seconds here were measured in a build of the toolchain (`go build
 * -debug-actiongraph`); only their ratios count. With four links in all, a link's own size hardly matters.
 */
const PACKAGE_SECONDS = 0.05;
const BYTE_SECONDS = 1.65e-6;
const LINK_SECONDS = 1.6;

/**
 * Packages that the estimate misses by more than a second, with their measured seconds. Tables compile fast; generic code and large
 * literals slowly.
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
 * @param {string} file output of `go list`
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
 * Follows builds by the packages that `go build -v` names as it starts to compile them: their number and their share of the work. Packages
 * differ in work a thousandfold, so the number alone says little about the time.
 * @param {Map<string, Package[]>} packages the packages of each Go module's binaries, in building order: a package that an earlier module
 * compiles in the same version is already compiled
 * @param {number} binaries number of binaries to link
 * @param {number} atOnce number of packages that Go compiles at once: the last named ones are not compiled yet
 */
export const followBuilds = (packages, binaries, atOnce = availableParallelism()) => {
  /** @type {Map<string, number>} work by module and path, of packages not started yet */
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
    /** A binary is linked, so all of its packages are compiled. */
    linked: () => {
      done += LINK_SECONDS + begun.reduce((sum, seconds) => sum + seconds, 0);
      begun = [];
    },
    /** @returns {string} for example "package 812 of 1944" */
    count: () => `package ${total - wanting.size} of ${total}`,
    share: () => done / work,
  };
};
