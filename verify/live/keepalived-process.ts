import type { View } from "./view.ts";

/** Options with which keepalived answers and ends: keepalived(8). The checks themselves call it so, side by side. */
const ENDS_AT_ONCE = / (?:-[BCDPdln]*[thv]|--(?:config-test|signum|help|version)(?:=\S*)?)(?= |$)/;

/**
 * Looks for the keepalived that runs on a server, however it was started.
 * @returns its command line, or undefined if none runs: one that tests a configuration, or tells a signal's number, does not count
 */
export async function keepalivedProcess(view: View, server: string): Promise<string | undefined> {
  const { output } = await view.on(server)`pgrep --list-full --exact keepalived`;
  return output
    .split("\n")
    .map((line) => line.replace(/^\d+ /, ""))
    .find((line) => line !== "" && !ENDS_AT_ONCE.test(line));
}
