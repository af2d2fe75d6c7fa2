import type { Part } from "../harness/part.ts";
import { boot } from "./boot.ts";
import { classPart } from "./class.ts";
import { growth } from "./growth.ts";
import { idle } from "./idle.ts";
import { lifeParts } from "./life.ts";
import { outage, outageV3 } from "./outage.ts";
import { setup } from "./setup.ts";
import { terraform } from "./terraform.ts";
import { throughput } from "./throughput.ts";
import { whole } from "./whole.ts";

/** Every part, in the order of measurement and display. */
export const parts: readonly Part[] = [
  whole,
  ...lifeParts,
  terraform,
  boot,
  growth,
  classPart,
  outage,
  outageV3,
  throughput,
  setup,
  idle,
];
