import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type {
  CheckFailure,
  CheckResult,
  CreateResult,
  DiffResult,
  Provider,
  ReadResult,
  UpdateResult,
} from "@pulumi/pulumi/provider/index.js";
import type { z } from "zod";
import { engineLog } from "./engine-log.ts";
import { logOperation, type Operation } from "./operation-log.ts";
import { describeDifferences, differences, type ResourceDefinition } from "./resource.ts";
import { connectToRunning, isGone, RemoteCommandError, serverRef, UnreachableError } from "./ssh/index.ts";
import { hasUnknown, type Properties, secret, unwrap, wrapLike } from "./values.ts";

/** The Pulumi provider `lvs`: finds a resource by type and derives Pulumi's operations from the resource contract. Depends on no role. */
export class LabProvider implements Provider {
  readonly version = "0.1.0";
  readonly #resources: readonly ResourceDefinition[];

  constructor(resources: readonly ResourceDefinition[]) {
    this.#resources = resources;
  }

  async check(urn: string, _olds: Properties, news: Properties): Promise<CheckResult> {
    const { where, want } = this.#definitionOf(urn);
    const schema = where.extend(want.shape).strict();
    // Values that a preview does not know yet are checked later.
    const unknown = Object.keys(news).filter((key) => key in schema.shape && hasUnknown(news[key]));
    const known =
      unknown.length === 0
        ? schema
        : schema.omit(Object.fromEntries(unknown.map((key) => [key, true])) as Record<never, true>);
    const parsed = known.safeParse(unwrap(without(news, unknown)));
    if (!parsed.success)
      return {
        inputs: news,
        failures: parsed.error.issues.map(
          (issue): CheckFailure => ({ property: issue.path.join(".") || "(inputs)", reason: issue.message }),
        ),
      };
    const inputs: Properties = { ...parsed.data };
    for (const key of Object.keys(news))
      inputs[key] = key in parsed.data ? wrapLike(news[key], parsed.data[key]) : news[key];
    return { inputs };
  }

  async diff(_id: string, urn: string, recorded: Properties, news: Properties): Promise<DiffResult> {
    const definition = this.#definitionOf(urn);
    const olds = upgraded(definition, recorded);
    const keys = inputKeys(definition);
    const old: Properties = plain(definition, olds);
    const changed = keys.filter((key) => hasUnknown(news[key]) || !isDeepStrictEqual(unwrap(news[key]), old[key]));
    const replaces = changed.filter((key) => definition.replaceOn?.includes(key));
    if (changed.length === 0 && definition.watch) {
      const inputs = plain(definition, { ...only(olds, definition.facts ?? []), ...news });
      const observed = await definition.observe(inputs, () => {});
      return { changes: differences(wantKeys(definition), inputs, observed).length > 0 };
    }
    return { changes: changed.length > 0, replaces, deleteBeforeReplace: replaces.length > 0 };
  }

  async create(urn: string, inputs: Properties): Promise<CreateResult> {
    const id = `${nameOf(urn)}-${randomBytes(4).toString("hex")}`;
    return {
      id,
      outs: await this.#logged("create", urn, inputs, (definition) => converge(definition, id, urn, inputs)),
    };
  }

  async update(id: string, urn: string, olds: Properties, news: Properties): Promise<UpdateResult> {
    return { outs: await this.#logged("update", urn, news, (definition) => converge(definition, id, urn, news, olds)) };
  }

  async read(id: string, urn: string, recorded: Properties): Promise<ReadResult> {
    const definition = this.#definitionOf(urn);
    const state = upgraded(definition, recorded);
    try {
      const inputs: Properties = plain(definition, state);
      const server = serverRef.safeParse(inputs.server);
      // A look does not wait for a boot.
      if (server.success) await connectToRunning(server.data);
      const observed = await definition.observe(inputs, progressFor(urn));
      if (observed === undefined) return { id: "", props: {} } as ReadResult;
      const props = outputs(definition, state, observed);
      return { id, props, inputs: only(props, inputKeys(definition)) };
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      // The domain resource reports whether the server runs. A state that cannot be read is kept as recorded.
      engineLog.warning(urn, `${error.message}\nIts last recorded state is kept.`);
      return { id, props: state, inputs: only(state, inputKeys(definition)) };
    }
  }

  /** Ctrl-C: exits at once instead of waiting for deadlines. The next `up` observes what was finished. */
  async cancel(): Promise<void> {
    setTimeout(() => process.exit(0), 50); // after the reply
  }

  async delete(_id: string, urn: string, state: Properties): Promise<void> {
    await this.#logged("delete", urn, state, async (definition) => {
      const inputs: Properties = plain(definition, upgraded(definition, state));
      // `deletedWith` holds where the machine is deleted, not where another one replaces it.
      const server = serverRef.safeParse(inputs.server);
      if (server.success && (await isGone(server.data))) return;
      await definition.remove(inputs, progressFor(urn));
    });
  }

  /** Runs an operation on a resource and logs its duration in its lab. */
  async #logged<T>(
    verb: Operation["verb"],
    urn: string,
    inputs: Properties,
    work: (definition: ResourceDefinition) => Promise<T>,
  ): Promise<T> {
    const definition = this.#definitionOf(urn);
    const begun = new Date();
    const from = performance.now();
    let failed = true;
    try {
      const result = await work(definition);
      failed = false;
      return result;
    } finally {
      const ms = performance.now() - from;
      await logOperation(unwrap(inputs), { begun, ms, verb, type: definition.type, name: nameOf(urn), failed });
    }
  }

  #definitionOf(urn: string): ResourceDefinition {
    const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
    const definition = this.#resources.find(({ type }) => token === `lvs:index:${type}`);
    if (!definition)
      throw new Error(
        `the provider lvs has no resource ${token}; known: ${this.#resources.map(({ type }) => type).join(", ")}`,
      );
    return definition;
  }
}

/** Observes, applies what differs, observes again, and fails if it still differs. */
async function converge(
  definition: ResourceDefinition,
  id: string,
  urn: string,
  inputs: Properties,
  before: Properties = {},
): Promise<Properties> {
  const progress = progressFor(urn);
  const wanted = plain(definition, { ...only(before, definition.facts ?? []), ...inputs });
  const keys = wantKeys(definition);
  let observed = await definition.observe(wanted, progress);
  if (observed !== undefined && differences(keys, wanted, observed).length === 0)
    return outputs(definition, inputs, observed);
  try {
    observed = (await definition.apply(wanted, observed, progress)) ?? (await definition.observe(wanted, progress));
    const left = differences(keys, wanted, observed);
    if (left.length > 0) throw new Error(`${nameOf(urn)} was applied but still differs:\n${describeDifferences(left)}`);
  } catch (error) {
    // Observing an unreachable server would only wait again.
    if (error instanceof UnreachableError || (error instanceof RemoteCommandError && error.cutOff)) throw error;
    const seen = await definition.observe(wanted, () => {}).catch(() => undefined);
    if (seen === undefined) throw error;
    // Record the partial state, so that the next `up` continues from it.
    throw Object.assign(new Error((error as Error).message), {
      id,
      properties: outputs(definition, inputs, seen),
      reasons: [(error as Error).message],
    });
  }
  return outputs(definition, inputs, observed ?? {});
}

/** The state that Pulumi stores: the inputs, overwritten with observed values, and the facts. */
function outputs(definition: ResourceDefinition, inputs: Properties, observed: Properties): Properties {
  const result: Properties = only(inputs, inputKeys(definition));
  for (const key of wantKeys(definition)) {
    // Leave out a missing property: the wire format has no undefined.
    if (observed[key] === undefined) delete result[key];
    else result[key] = wrapLike(inputs[key], observed[key]);
  }
  for (const key of definition.facts ?? []) {
    if (observed[key] === undefined) continue;
    result[key] = (definition.secretFacts as readonly string[] | undefined)?.includes(key)
      ? secret(observed[key])
      : observed[key];
  }
  return result;
}

const upgraded = ({ upgrade }: ResourceDefinition, recorded: Properties): Properties => upgrade?.(recorded) ?? recorded;
const wantKeys = (definition: ResourceDefinition): string[] => Object.keys(definition.want.shape);
const inputKeys = (definition: ResourceDefinition): string[] => [
  ...Object.keys(definition.where.shape),
  ...wantKeys(definition),
];
/** Properties in the form that resources take: unwrapped, with the defaults of `where` that states of earlier versions lack. */
function plain({ where }: ResourceDefinition, properties: Properties): never {
  const bare = unwrap(properties) as Properties;
  const places = Object.entries(where.shape).flatMap(([key, schema]) => {
    const { success, data } = (schema as z.ZodType).safeParse(bare[key]);
    return success && data !== undefined ? [[key, data] as const] : [];
  });
  return { ...bare, ...Object.fromEntries(places) } as never;
}
const only = (from: Properties, keys: readonly string[]): Properties =>
  Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]]));
const without = (from: Properties, keys: readonly string[]): Properties =>
  Object.fromEntries(Object.entries(from).filter(([key]) => !keys.includes(key)));

const nameOf = (urn: string): string => urn.split("::").at(-1) ?? urn;
const progressFor = (urn: string) => (message: string) => engineLog.status(urn, message);
