import type { z } from "zod";
import type { Lab, Server } from "../../lab/index.ts";
import type { PackageGroup } from "../os.ts";
import type { BootUnit } from "./boot-unit.ts";

/**
 * A role of a server: what it brings about is a resource, and the lab says for which servers and with which inputs. All of it is in the role's
 * file; roles/index.ts lists the roles.
 * @typeParam Told what a lab determines for a server. What only a stack knows is not in it: how the server is reached, and keys.
 */
export interface Role<Resource extends RoleResource, Told extends object> {
  readonly resource: Resource;
  /**
   * What the lab determines for a server; undefined for a server without the role.
   * @param groups the rows of os.ts that the server's other roles need
   */
  inputsOf(lab: Lab, server: Server, groups: readonly PackageGroup[]): Told | undefined;
  /** The rows of os.ts whose packages it needs. */
  packageGroups?(inputs: Told): readonly PackageGroup[];
  /** The roles of the same server that must be there before it. */
  readonly after?: readonly string[];
  /** The inputs that Pulumi encrypts. */
  readonly secrets?: readonly (keyof Told & string)[];
  /** How a person brings it about. */
  byHand(inputs: Told, context: HandContext): ByHand;
}

/** The parts of a resource's definition that a role's types need. */
export interface RoleResource {
  readonly type: string;
  readonly want: z.ZodObject;
}

/** Properties that are the same in every lab, by their defaults: they are there to be observed. */
type Constant =
  | "running"
  | "enabled"
  | "onBoot"
  | "otherServices"
  | "otherWeights"
  | "otherThresholds"
  | "autoconfigured";

/** What a resource is to bring about, as far as a lab determines it. */
export type Wanted<Resource extends RoleResource> = Readonly<Omit<z.output<Resource["want"]>, Constant>>;

/** Type-checks a role whose inputs are those of its resource, and returns it unchanged. */
export const defineRole = <Resource extends RoleResource, Told extends Wanted<Resource> = Wanted<Resource>>(
  role: Role<Resource, Told>,
): Role<Resource, Told> => role;

/** What a role may know of its server beside its inputs, for `byHand`. */
export interface HandContext {
  readonly server: {
    readonly name: string;
    readonly os: Server["os"];
    /** By which it is reached. */
    readonly address: string;
    /** All of its own, without VIPs. */
    readonly addresses: readonly string[];
  };
  /** The lab's stack, for `lvs-lab ssh`. */
  readonly stack: string;
}

/** A step by which a person brings about a part of a role. */
export interface Step {
  /** Why: a sentence or two of plain text. */
  readonly why: string;
  /** What root types in bash, in order. A command with a here-document has several lines. */
  readonly commands: readonly string[];
  /** The id of the check that shows that it is done. Not there: it is for what comes next on the server. */
  readonly check?: string;
  /** Whether the servers of a manual lab have it from the start. */
  readonly given?: boolean;
}

/** How a person brings about a role, with the commands that the role itself runs. */
export interface ByHand {
  /** On the server. They may be typed again. */
  readonly steps: readonly Step[];
  /** On the person's own machine, once every server with the role has been through its `steps`. */
  readonly ownMachine?: readonly Step[];
  /** The unit that repeats the steps at boot, where a reboot undoes them: they set things in the kernel. */
  readonly unit?: BootUnit;
}
