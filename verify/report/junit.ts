import { createRequire } from "node:module";
import { stripVTControlCharacters } from "node:util";
import type { Builder } from "junit-report-builder";

const require = createRequire(import.meta.url);

/** One group of cases, as CI shows it. */
export interface JunitSuite {
  readonly name: string;
  /** When it began: ISO 8601. */
  readonly timestamp: string;
  readonly seconds: number;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  /** What CI groups by; dots make a tree of it. */
  readonly classname: string;
  readonly seconds: number;
  /** There if it failed: one line, and what else helps. */
  readonly failure?: { readonly message: string; readonly detail: string };
  readonly skipped?: boolean;
}

/**
 * JUnit XML, in the form that Jenkins, GitLab and the actions of GitHub read. Colours and other control characters, which commands print and
 * XML cannot hold, are left out.
 */
export function junit(suites: readonly JunitSuite[]): string {
  // Loaded when a file is written: it would be a sixth of the start of every command.
  const report = (require("junit-report-builder") as Builder).newBuilder();
  for (const { name, timestamp, seconds, cases } of suites) {
    const suite = report.testSuite().name(plain(name)).timestamp(schemaTime(timestamp)).time(toMilliseconds(seconds));
    for (const one of cases) {
      const entry = suite
        .testCase()
        .name(plain(one.name))
        .className(plain(one.classname))
        .time(toMilliseconds(one.seconds));
      if (one.failure) entry.failure(plain(one.failure.message), "failure").stacktrace(plain(one.failure.detail));
      else if (one.skipped) entry.skipped();
    }
  }
  return report.build();
}

const plain = (text: string): string => stripVTControlCharacters(text);

const toMilliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

/** JUnit's schema knows neither fractions of a second nor a zone; it is UTC. */
const schemaTime = (timestamp: string): string =>
  new Date(timestamp).toISOString().slice(0, "YYYY-MM-DDThh:mm:ss".length);
