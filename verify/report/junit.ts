import { createRequire } from "node:module";
import { stripVTControlCharacters } from "node:util";
import type { Builder } from "junit-report-builder";

const require = createRequire(import.meta.url);

/** One group of cases, as CI shows it. */
export interface JunitSuite {
  readonly name: string;
  /** Its start: ISO 8601. */
  readonly timestamp: string;
  readonly seconds: number;
  readonly cases: readonly JunitCase[];
}

export interface JunitCase {
  readonly name: string;
  /** CI groups by it; dots make a tree. */
  readonly classname: string;
  readonly seconds: number;
  /** Present if it failed: one line, and details. */
  readonly failure?: { readonly message: string; readonly detail: string };
  readonly skipped?: boolean;
}

/**
 * JUnit XML in the form that Jenkins, GitLab and GitHub Actions read. Colours and other control characters, which XML cannot hold, are left
 * out.
 */
export function junit(suites: readonly JunitSuite[]): string {
  // Loaded only to write a file: it would take a sixth of the start of every command.
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

/** In UTC: JUnit's schema has neither fractions of a second nor a time zone. */
const schemaTime = (timestamp: string): string =>
  new Date(timestamp).toISOString().slice(0, "YYYY-MM-DDThh:mm:ss".length);
