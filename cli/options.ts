import { join } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../lab/yaml/duration.ts";
import { isStackName, projectRoot, stackNameRule } from "../provision/paths.ts";

/** The stack option of every command that works on a lab. */
export const stackOption = (): Option =>
  new Option("-s, --stack <name>", "the lab's stack").env("LVS_LAB_STACK").default("ha").argParser(stackName);

/** Parses a stack name. */
export function stackName(text: string): string {
  if (isStackName(text)) return text;
  throw new InvalidArgumentError(stackNameRule);
}

/** Parses a snapshot's name: part of file names, and of a tag in qcow2 disks. */
export function snapshotName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "A snapshot's name has at most 40 lower-case letters, digits and hyphens, and begins with a letter or digit.",
  );
}

/** The name of a snapshot that is given none: the time, to the second. */
export const snapshotNamedNow = (): string => new Date().toISOString().slice(0, 19).replace(/\D/g, "-");

export const jsonOption = (): Option => new Option("-j, --json", "print JSON instead of text");

/** The option for tasks and checks that take a boot of each server. */
export const rebootsOption = (): Option =>
  new Option(
    "--reboots",
    "also reboot each server, one after the other, if all else is done: what is not lasting is lost",
  );

/** The report directory option of every command that runs scenarios. */
export const reportOption = (): Option =>
  new Option("--report <directory>", "directory of the reports").default(join(projectRoot, "reports"));

/** Every command that sends a load takes the virtual service that it goes to. */
export const serviceOption = (): Option =>
  new Option("--service <name>", "the virtual service, by its name or VIP:PORT; by default the lab's first");

/** Reads an option's whole number from 1, up to `most` if there is a most. */
export const wholeNumber =
  (most = Number.POSITIVE_INFINITY) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from 1${Number.isFinite(most) ? ` to ${most}` : ""}.`);
  };

/** Parses seconds, including 0. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("expected a number of seconds.");
}

/** Parses a time with its unit, `90s` or `10m`; a number alone is minutes. @returns milliseconds */
export function time(text: string): number {
  const value = parseDuration(/^\d+$/.test(text) ? `${text}m` : text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError("expected a time such as 10m or 90s.");
}

/** What an error adds where one of the words that it names was to be several: their option takes a word for each. */
export const separately = (words: readonly string[]): string =>
  words.some((word) => word.includes(",")) ? "; several are separated by spaces, without commas" : "";

export interface StackOptions {
  readonly stack: string;
}

export interface JsonOptions extends StackOptions {
  readonly json?: boolean;
}
