import type { PageData } from "../data.ts";
import { boxOf, type Lane, ROW_HEIGHT, ticks } from "../lane.ts";
import { label, path, rect, type Shape } from "../shapes.ts";

/** Directors in the order of the lab, then unknown routers. */
export const routersOf = ({ lab, series }: PageData): string[] => [
  ...new Set([
    ...lab.servers.filter(({ role }) => role === "director").map(({ name }) => name),
    ...series.vrrpStates.map(({ server }) => server),
  ]),
];

/** The VRRP states of routers: a full bar for MASTER, a slim one for BACKUP, a dashed line for silence. Advertisements are ticks above. */
export function vrrpLane(data: PageData): Lane {
  const { lab, series } = data;
  const routers = routersOf(data);
  const names = new Map(lab.servers.map(({ address, name }) => [address, name]));
  const adverts = routers.map((router) =>
    series.adverts.filter(({ source }) => (names.get(source) ?? source) === router).map(({ at }) => at),
  );
  return {
    id: "vrrp",
    title: "VRRP",
    rows: routers,
    height: routers.length * (ROW_HEIGHT + 4),
    paint: (view, palette) => [
      ...series.vrrpStates.flatMap((span): Shape[] => {
        const row = routers.indexOf(span.server);
        const box = boxOf(
          view,
          row,
          span,
          span.state === "MASTER" ? { height: 16, shift: 2 } : { height: 8, shift: 2 },
        );
        if (!box) return [];
        if (span.state === "silent") {
          const middle = box.y + box.height / 2;
          return [
            path(`M${box.x} ${middle}h${box.width}`, { stroke: palette.silent, lineWidth: 1.5, lineDash: [3, 4] }),
          ];
        }
        const own = lab.servers.some(({ name }) => name === span.server);
        const fill = span.state === "BACKUP" ? palette.backup : own ? palette.master : palette.unknown;
        return [
          rect({ ...box, r: 2 }, { fill }),
          ...(span.state === "MASTER" ? label(box, "MASTER", palette.surface) : []),
        ];
      }),
      ...adverts.flatMap((moments, row) => ticks(view, row, moments, { colour: palette.tick, height: 5, shift: -10 })),
    ],
  };
}
