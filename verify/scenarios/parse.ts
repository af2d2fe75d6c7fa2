import { basename, extname } from "node:path";
import type { Path, YamlFile } from "../../lab/yaml/document.ts";
import { milliseconds } from "../../lab/yaml/duration.ts";
import { parseFile, readText } from "../../lab/yaml/file.ts";
import { deepFreeze } from "../../lab/yaml/freeze.ts";
import { findingsOf } from "../../lab/yaml/rules.ts";
import type { Draft } from "./draft.ts";
import { completed, defaultWithinMs, type Expectation } from "./expectations/index.ts";
import type { Known } from "./expectations/kind.ts";
import { rules } from "./rules.ts";
import type { FaultParameters, RepeatStep, Scenario, Step } from "./scenario.ts";
import { type ScenarioOutput, type StepInput, scenarioSchema } from "./schema.ts";
import { DETECTED } from "./values.ts";

/**
 * Parses the text of a scenario file.
 * @param file the file's name, for messages and as the scenario's name
 * @throws FileError with all problems
 */
export function parseScenario(text: string, file: string, known: Known): Scenario {
  const { contents, yaml } = parseFile(text, file, {
    schema: scenarioSchema,
    rules: (draft) => onceAPlace(findingsOf(rules, draft as Draft, known)),
  });
  return deepFreeze(complete(contents, yaml, { text, file, ...known }));
}

/**
 * Reads a scenario file.
 * @throws FileError with all problems, or if the file cannot be read
 */
export async function readScenario(file: string, known: Known): Promise<Scenario> {
  return parseScenario(await readText(file, "a scenario file", "check the path"), file, known);
}

/** Reports a rule that is broken for both controls once. */
function onceAPlace<F extends { readonly rule: string; readonly path: Path }>(findings: readonly F[]): F[] {
  const key = ({ rule, path }: F) => [rule, ...path].join(" ");
  return findings.filter((finding, index) => index === findings.findIndex((one) => key(one) === key(finding)));
}

const withinOf = (within: string | undefined, expectations: readonly Expectation[]): number | typeof DETECTED => {
  if (within === DETECTED) return within;
  return within === undefined ? defaultWithinMs(expectations) : milliseconds(within);
};

interface Origin extends Known {
  readonly text: string;
  readonly file: string;
}

function complete(contents: ScenarioOutput, yaml: YamlFile, { text, file, faults }: Origin): Scenario {
  const { title, description = "", control, requires = {}, load, steps } = contents;

  const one = (step: Omit<StepInput, "repeat">, path: Path): Step => {
    const line = yaml.lineOf(path);
    if (step.fault !== undefined && step.on !== undefined) {
      const schema = faults.find(({ id }) => id === step.fault)?.parameters;
      const parameters = (schema?.parse(step.with ?? {}) ?? {}) as FaultParameters;
      return { kind: "fault", line, fault: step.fault, on: step.on, parameters };
    }
    if (step.heal !== undefined) {
      return { kind: "heal", line, fault: step.heal, on: step.on ?? null };
    }
    if (step.wait !== undefined) {
      return { kind: "wait", line, ms: milliseconds(step.wait) };
    }
    const expectations = completed(step.expect ?? {});
    return {
      kind: "expect",
      line,
      expectations,
      withinMs: withinOf(step.within, expectations),
      forMs: step.for === undefined ? 0 : milliseconds(step.for),
    };
  };

  const all = steps.map((step, index): Step | RepeatStep => {
    const path = ["steps", index];
    if (!step.repeat) {
      return one(step, path);
    }
    const { times, steps: inside } = step.repeat;
    const repeated = inside.map((each, at) => one(each, [...path, "repeat", "steps", at]));
    return { kind: "repeat", line: yaml.lineOf(path), times, steps: repeated };
  });

  return {
    name: basename(file, extname(file)),
    file,
    text,
    title,
    description: description.replaceAll(/\s*\n\s*/g, " ").trim(),
    controls: typeof control === "string" ? [control] : control,
    requires,
    load: load
      ? { intervalMs: milliseconds(load.interval), timeoutMs: milliseconds(load.timeout), longLived: load.longLived }
      : null,
    steps: all,
  };
}
