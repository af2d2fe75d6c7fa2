import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { ResourceDefinition, Shape } from "./resource.ts";

type Outputs<State> = { readonly [K in keyof State]: pulumi.Output<State[K]> };
/** A schema's input type: properties with a default are optional. */
type Arguments<S extends z.ZodObject> = keyof S["shape"] extends never ? object : z.input<S>;
/** A value in which any part may be another resource's output. */
type DeepInput<T> =
  | pulumi.Input<T extends string | number | boolean ? T : { [K in keyof T]: DeepInput<T[K]> }>
  | pulumi.Input<T>;

/** The class by which a Pulumi program declares a resource. */
export interface PulumiClass<Where extends z.ZodObject, Want extends z.ZodObject, Facts extends object> {
  readonly definition: ResourceDefinition<Where, Want, Facts>;
  new (
    name: string,
    args: { [K in keyof (Arguments<Where> & Arguments<Want>)]: DeepInput<(Arguments<Where> & Arguments<Want>)[K]> },
    options?: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource & Outputs<Shape<Where> & Shape<Want> & Facts>;
}

/** Makes a resource's class. The definition gives the types of arguments and outputs. */
export const pulumiClass = <Where extends z.ZodObject, Want extends z.ZodObject, Facts extends object>(
  definition: ResourceDefinition<Where, Want, Facts>,
): PulumiClass<Where, Want, Facts> => {
  const outputs = [
    ...Object.keys(definition.where.shape),
    ...Object.keys(definition.want.shape),
    ...(definition.facts ?? []),
  ];
  const declared = class extends pulumi.CustomResource {
    constructor(name: string, args: pulumi.Inputs, options?: pulumi.CustomResourceOptions) {
      // Pulumi resolves the outputs that are declared here.
      super(
        `lvs:index:${definition.type}`,
        name,
        { ...Object.fromEntries(outputs.map((key) => [key, undefined])), ...args },
        options,
      );
    }
  };
  return Object.assign(declared, { definition }) as unknown as PulumiClass<Where, Want, Facts>;
};
