import { join } from "node:path";
import type { Place } from "../conf/place.ts";
import type { Folder } from "../folder.ts";
import type { Finding, Rule } from "./rule.ts";

/** Findings as a log of SARIF 2.1.0, which code hosts and editors show beside the lines. Paths are relative to the working directory. */
export const findingsAsSarif = (folder: Folder, findings: readonly Finding[], rules: readonly Rule[]) => ({
  $schema: "https://json.schemastore.org/sarif-2.1.0.json",
  version: "2.1.0",
  runs: [
    {
      tool: {
        driver: {
          name: "lvs-lab rehearse lint",
          rules: rules.map(({ id, title, why, source, level }) => ({
            id,
            shortDescription: { text: title },
            fullDescription: { text: why },
            help: { text: `${why} Source: ${source}` },
            defaultConfiguration: { level },
          })),
        },
      },
      results: findings.map(({ rule, level, at, message, fix, also = [] }) => ({
        ruleId: rule.id,
        ruleIndex: rules.indexOf(rule),
        level,
        message: { text: `${message}. Fix: ${fix}` },
        locations: [locationOf(folder, at)],
        relatedLocations: also.map((place, index) => ({ id: index + 1, ...locationOf(folder, place) })),
      })),
    },
  ],
});

const locationOf = ({ path }: Folder, { file, line }: Place) => ({
  physicalLocation: {
    artifactLocation: { uri: join(path, file).split("/").map(encodeURIComponent).join("/") },
    region: { startLine: line },
  },
});
