import type { Bin, Binning } from "../bins.ts";
import type { Lane } from "../lane.ts";
import { type Box, boxPath, dotPath, hatchPath, joined, path } from "../shapes.ts";

/** The minimum width of a bin, in pixels. */
const BIN_PX = 4;

/** The length of bins when this many pixels show this much time; milliseconds. */
export const binLength = (binning: Binning, stretchMs: number, width: number): number =>
  binning.length(stretchMs, width / BIN_PX);

/** Outcomes of requests, stacked: failed ones hatched at the bottom, where the eye finds them first, delayed ones dotted. */
export function outcomesLane(binning: Binning, intervalMs: number): Lane {
  const most = 1000 / intervalMs;
  return {
    id: "outcomes",
    title: "Requests per second",
    height: 96,
    axis: { type: "value", min: 0, max: most, interval: most / 2 },
    paint: (view, palette) => {
      const stretch = view.to - view.from;
      const bins = binning.between(view.from, view.to, binLength(binning, stretch, view.box.width));
      const boxes = (below: (bin: Bin) => number, count: (bin: Bin) => number): Box[] =>
        bins.flatMap((bin) => {
          const value = count(bin);
          if (value === 0) return [];
          const rate = 1000 / (bin.to - bin.from);
          const left = view.x(Math.max(bin.from, view.from));
          const right = view.x(Math.min(bin.to, view.to));
          const bottom = view.y(below(bin) * rate);
          const top = view.y((below(bin) + value) * rate);
          return [{ x: left, y: top, width: Math.max(0.5, right - left), height: bottom - top }];
        });
      const failed = boxes(
        () => 0,
        (bin) => bin.failed,
      );
      const delayed = boxes(
        (bin) => bin.failed,
        (bin) => bin.delayed,
      );
      const answered = boxes(
        (bin) => bin.failed + bin.delayed,
        (bin) => bin.answered,
      );
      const all = (some: readonly Box[], draw: (box: Box) => string) => some.map(draw).join("");
      return [
        path(all(answered, boxPath), { fill: palette.answered }),
        path(all(delayed, boxPath), { fill: palette.delayed }),
        path(
          all(joined(delayed), (box) => dotPath(box, 5)),
          { fill: palette.dots, opacity: 0.75 },
        ),
        path(all(failed, boxPath), { fill: palette.failed }),
        path(
          all(joined(failed), (box) => hatchPath(box, 6)),
          { stroke: palette.surface, lineWidth: 1, opacity: 0.75 },
        ),
      ];
    },
  };
}
