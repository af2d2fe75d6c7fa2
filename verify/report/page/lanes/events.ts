import type { PageData } from "../data.ts";
import { boxOf, type Lane, pack, ROW_HEIGHT, ticks, type View } from "../lane.ts";
import type { Palette } from "../palette.ts";
import { caption, hatchPath, label, path, rect, type Shape, text } from "../shapes.ts";

/** A fault from its injection to the end of its heal; or a change, while it is made. */
export interface FaultSpan {
  readonly title: string;
  readonly from: number;
  /** The start and the end of its heal; the end of the run if nothing healed it. */
  readonly healing: number;
  readonly to: number;
}

/** Each fault with its heal: the next one of the same fault on the same target. */
export function faultSpans({ steps, durationMs }: Pick<PageData, "steps" | "durationMs">): FaultSpan[] {
  return steps.flatMap(({ kind, fault, target, title, from, to }, index) => {
    if (kind === "change") return [{ title, from, healing: to, to }];
    if (kind !== "fault") return [];
    const heal = steps
      .slice(index + 1)
      .find((one) => one.kind === "heal" && one.fault === fault && one.target === target);
    return [{ title, from, healing: heal?.from ?? durationMs, to: heal?.to ?? durationMs }];
  });
}

/** Faults as hatched bars, expectations as marks at the moment that settled them. */
export function eventsLane(data: PageData): Lane {
  const faults = faultSpans(data);
  const rows = pack(faults);
  const faultRows = Math.max(1, ...rows.map((row) => row + 1));
  const expectations = data.steps.filter(({ kind }) => kind === "expect");
  return {
    id: "events",
    title: "Scenario",
    rows: [...Array.from({ length: faultRows }, (_, n) => (n === 0 ? "faults" : "")), "expectations"],
    height: (faultRows + 1) * ROW_HEIGHT,
    paint: (view, palette) => [
      ...faults.flatMap((span, index) => faultShapes(view, rows[index] ?? 0, span, palette)),
      ...expectations.flatMap((step) => waitShapes(view, faultRows, step, palette)),
      ...expectations.flatMap((step, index) => {
        const next = expectations[index + 1]?.to ?? Number.POSITIVE_INFINITY;
        return markShapes(view, faultRows, step, next, palette);
      }),
    ],
  };
}

function faultShapes(view: View, row: number, { title, from, healing, to }: FaultSpan, palette: Palette): Shape[] {
  const whole = boxOf(view, row, { from, to });
  if (!whole) return [];
  const held = boxOf(view, row, { from, to: healing });
  return [
    rect({ ...whole, r: 2 }, { fill: palette.fault, opacity: 0.16 }),
    ...(held ? [path(hatchPath(held, 7), { stroke: palette.fault, lineWidth: 1, opacity: 0.5 })] : []),
    rect({ ...whole, r: 2 }, { fill: "none", stroke: palette.fault, lineWidth: 1 }),
    ...(held ? caption(held, title, palette) : []),
  ];
}

type Step = PageData["steps"][number];

/** A thin line for the time of the looks. */
function waitShapes(view: View, row: number, step: Step, palette: Palette): Shape[] {
  const line = boxOf(view, row, step, { height: 3 });
  return line ? [rect(line, { fill: step.ok ? palette.good : palette.bad, opacity: 0.55 })] : [];
}

/** ✓ in a circle or ✗ in a square at the moment that settled it, with the step's number if there is room. */
function markShapes(view: View, row: number, { n, ok, to }: Step, next: number, palette: Palette): Shape[] {
  if (to < view.from || to > view.to) return [];
  const right = view.box.x + view.box.width;
  const x = Math.max(view.box.x + 8, Math.min(view.x(to), right - 8));
  const y = view.y(row);
  const sign = ok ? `M${x - 3.4} ${y}l2.6 2.8l4.4 -5.4` : `M${x - 3} ${y - 3}l6 6M${x + 3} ${y - 3}l-6 6`;
  const number = String(n);
  const width = 4 + 7 * number.length;
  const roomy = view.x(Math.min(next, view.to)) - x > width + 18 && x + 9 + width < right;
  return [
    rect({ x: x - 7, y: y - 7, width: 14, height: 14, r: ok ? 7 : 2 }, { fill: ok ? palette.good : palette.bad }),
    path(sign, { stroke: palette.surface, lineWidth: 1.8 }),
    ...(roomy
      ? [
          rect({ x: x + 8, y: y - 6, width, height: 12, r: 2 }, { fill: palette.surface }),
          text({ text: number, x: x + 10, y: y + 0.5, fill: palette.muted, verticalAlign: "middle" }),
        ]
      : []),
  ];
}

/** Diagnoses by name, for their duration. */
export function diagnosesLane({ diagnoses, durationMs }: PageData): Lane {
  const spans = diagnoses.map(({ id, from, to }) => ({ id, from, to: to ?? durationMs }));
  const rows = pack(spans);
  const count = Math.max(1, ...rows.map((row) => row + 1));
  return {
    id: "diagnoses",
    title: "Diagnoses",
    rows: Array.from({ length: count }, (_, n) => (n === 0 ? "by the wire" : "")),
    height: count * ROW_HEIGHT,
    paint: (view, palette) =>
      spans.flatMap((span, index) => {
        const row = rows[index] ?? 0;
        const box = boxOf(view, row, span);
        if (!box) return [];
        return [
          rect({ ...box, r: 2 }, { fill: palette.diagnosis, opacity: 0.18 }),
          ...ticks(view, row, [span.from, span.to], { colour: palette.diagnosis, height: 16 }),
          ...label(box, span.id, palette.ink),
        ];
      }),
  };
}
