import { SourceMap, type SourceMapPayload } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { projectRoot } from "../../../provision/paths.ts";
import { placeInSources, withMarks } from "../../../setup/source-map.mjs";

it("finds the places that Node's own reader finds", async () => {
  const { outputFiles } = await build({
    absWorkingDir: projectRoot,
    entryPoints: ["lab/index.ts"],
    bundle: true,
    write: false,
    outfile: join(projectRoot, "node_modules/.cache/lab.cjs"),
    platform: "node",
    packages: "external",
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent",
  });
  const [map, code] = outputFiles;
  const payload = JSON.parse(map?.text ?? "") as SourceMapPayload;
  const marked = JSON.parse(JSON.stringify(withMarks(payload))) as ReturnType<typeof withMarks>;
  expect(marked.x_marks.length).toBeGreaterThan(10);
  const node = new SourceMap(payload);
  const differing: unknown[] = [];
  for (const [line, text] of (code?.text ?? "").split("\n").entries())
    for (const column of [0, Math.floor(text.length / 2), text.length]) {
      const found = node.findEntry(line, column);
      const expected =
        "originalSource" in found && found.generatedLine === line
          ? { source: found.originalSource, line: found.originalLine, column: found.originalColumn }
          : undefined;
      const place = placeInSources(marked, line, column);
      if (JSON.stringify(place) !== JSON.stringify(expected)) differing.push({ line, column, place, expected });
    }
  expect(differing).toEqual([]);
});

it("knows no place outside the compiled file", () => {
  const map = withMarks({ sources: ["a.ts"], mappings: "AAAA" });
  expect(placeInSources(map, 0, 3)).toEqual({ source: "a.ts", line: 0, column: 0 });
  expect(placeInSources(map, 1, 0)).toBeUndefined();
  expect(placeInSources(map, 1000, 0)).toBeUndefined();
});
