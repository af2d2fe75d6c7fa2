import type { PageData } from "../data.ts";
import { boxOf, type Lane, pack, ROW_HEIGHT, ticks } from "../lane.ts";
import { nth } from "../palette.ts";
import { caption, path, rect, type Shape } from "../shapes.ts";

/** Kept connections, coloured by real server: a tick for each answer, a cross where one broke. */
export function connectionsLane({ series: { connections, requests }, durationMs }: PageData): Lane {
  const spans = connections.map((one) => ({ ...one, from: one.opened, to: one.closed ?? durationMs }));
  const rows = pack(spans);
  const count = Math.max(1, ...rows.map((row) => row + 1));
  return {
    id: "connections",
    title: "Kept connections",
    rows: Array.from({ length: count }, (_, n) => `${n + 1}`),
    height: count * ROW_HEIGHT,
    paint: (view, palette) =>
      spans.flatMap((span, index): Shape[] => {
        const row = rows[index] ?? 0;
        const box = boxOf(view, row, span, { height: 14 });
        if (!box) return [];
        const colour = nth(palette.servers, requests.servers.indexOf(span.server));
        const end = view.x(span.to);
        const middle = box.y + box.height / 2;
        const broken = span.error !== undefined && span.to >= view.from && span.to <= view.to;
        return [
          rect({ ...box, r: 2 }, { fill: colour, opacity: 0.18 }),
          ...ticks(view, row, span.answers, { colour, height: 14 }),
          ...caption(box, span.server, palette),
          ...(broken
            ? [path(`M${end - 4} ${middle - 5}l8 10m0 -10l-8 10`, { stroke: palette.failed, lineWidth: 2.2 })]
            : []),
        ];
      }),
  };
}
