import { expect, test } from "vitest";
import { directorOf } from "../../../rehearse/directors/director.ts";
import { readFolder } from "../../../rehearse/folder.ts";
import { objectOf } from "../../../rehearse/matrix/cells.ts";
import { cellsOf } from "../../../rehearse/matrix/index.ts";
import { cellTime } from "../../../rehearse/matrix/time.ts";
import { readPlan } from "../../../rehearse/plan/file.ts";
import { labOfPlan } from "../../../rehearse/plan/lab.ts";

/** Seconds that each run of rehearsals/web-pair took, emulated on two cores; its directors booted in 10.2 s. */
const measured = {
  "crash 80": 20.9,
  "stop 80": 7.9,
  "cable 80": 19.9,
  "freeze 80": 9.6,
  "partition 80": 21.2,
  "reboot 80": 16.5,
  "refuse real1": 25.1,
  "dead real1": 31.0,
  "hang real1": 21.1,
  "all-refuse 80": 19.8,
  "all-refuse 443": 20.8,
  "refuse real2": 19.9,
  "dead real2": 29.6,
};

test("the time of a matrix is known before, within a quarter", async () => {
  const folder = readFolder("rehearsals/web-pair");
  const directors = folder.configurations.map(directorOf);
  const plan = await readPlan(folder);
  const lab = labOfPlan("rehearse-web-pair", plan, { folder, directors });
  const told: Record<string, number> = {};
  for (const cell of cellsOf(lab)) {
    told[`${cell.event} ${objectOf(cell) ?? cell.service.port}`] = (await cellTime(lab, cell, 10_200)) / 1000;
  }
  expect(Object.keys(told)).toEqual(Object.keys(measured));
  const sum = (times: Readonly<Record<string, number>>): number =>
    Object.values(times).reduce((one, other) => one + other);
  expect(sum(told) / sum(measured)).toBeGreaterThan(0.75);
  expect(sum(told) / sum(measured)).toBeLessThan(1.25);
});
