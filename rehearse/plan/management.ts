import type { Cidr } from "../../lab/index.ts";
import type { PlannedNetwork } from "./plan.ts";

/** The network by which directors are reached, beside those of the plan: RFC 2544's range for benchmarks is nobody's. */
export const management: PlannedNetwork & { readonly subnets: readonly [Cidr] } = {
  name: "management",
  subnets: ["198.18.0.0/24" as Cidr],
};

/** The interface of a director on it: a name that no configuration has. */
export const managementDevice = "lvs-lab";
