import { configTest } from "../../provision/roles/own-keepalived.ts";
import { type LiveLab, onServer } from "../../verify/live/live-lab.ts";

/**
 * What `keepalived --config-test` of keepalived(8) says of the files of each director, line by line, by the directors' names. A director of whose files it says
 * nothing is left out.
 */
export async function configTests(live: LiveLab): Promise<ReadonlyMap<string, readonly string[]>> {
  const said = await Promise.all(
    live.servers.map(async ({ name }) => {
      const { stdout } = await (await onServer(live, name)).execute(configTest);
      return [name, stdout.split("\n").filter((line) => line.trim() !== "")] as const;
    }),
  );
  return new Map(said.filter(([, lines]) => lines.length > 0));
}

/** The same as lines for a terminal. */
export const formatConfigTests = (tests: ReadonlyMap<string, readonly string[]>): string[] =>
  [...tests].flatMap(([name, lines]) => [
    `keepalived --config-test says of ${name}:`,
    ...lines.map((line) => `  ${line}`),
  ]);
