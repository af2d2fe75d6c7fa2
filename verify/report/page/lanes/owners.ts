import type { PageData } from "../data.ts";
import { boxOf, type Lane, pack, ROW_HEIGHT, ticks, type View } from "../lane.ts";
import { nth, type Palette } from "../palette.ts";
import { caption, hatchPath, label, path, rect, type Shape } from "../shapes.ts";

/** A time in which the VIP was at one hardware address. `server` is absent for an unknown host. */
export interface Holding {
  readonly mac: string;
  readonly server?: string;
  readonly from: number;
  readonly to: number;
}

/** The content of the client's ARP entry over time. A change counts from the end of the look that saw it. */
export function arpHoldings({ series, lab, durationMs }: Pick<PageData, "series" | "lab" | "durationMs">): Holding[] {
  const names = new Map(lab.servers.map(({ mac, name }) => [mac.toLowerCase(), name]));
  return series.arp.flatMap(({ mac, at }, index) => {
    if (mac === null) return [];
    const server = names.get(mac.toLowerCase());
    return [{ mac, ...(server ? { server } : {}), from: at, to: series.arp[index + 1]?.at ?? durationMs }];
  });
}

/** The owners of the VIP: as claimed on the wire, in two rows if there were two, and in the client's ARP entry. Gratuitous ARPs are ticks above. */
export function ownersLane(data: PageData): Lane {
  const { series, lab } = data;
  const directors = lab.servers.filter(({ role }) => role === "director").map(({ name }) => name);
  const claims = series.vipOwners;
  const rows = pack(claims);
  const count = Math.max(1, ...rows.map((row) => row + 1));
  const believed = arpHoldings(data);
  const draw = (view: View, row: number, holding: Holding, palette: Palette) =>
    holdingShapes(view, row, holding, directors.indexOf(holding.server ?? ""), palette);
  return {
    id: "owners",
    title: "Virtual address",
    rows: [...Array.from({ length: count }, (_, n) => (n === 0 ? "on the wire" : "")), "client’s ARP"],
    height: (count + 1) * (ROW_HEIGHT + 4),
    paint: (view, palette) => [
      ...claims.flatMap((claim, index) => draw(view, rows[index] ?? 0, claim, palette)),
      ...believed.flatMap((holding) => draw(view, count, holding, palette)),
      ...ticks(
        view,
        0,
        series.gratuitousArp.map(({ at }) => at),
        { colour: palette.tick, height: 5, shift: -10 },
      ),
    ],
  };
}

/** A bar in the director's colour; hatched for any other host. */
function holdingShapes(
  view: View,
  row: number,
  { mac, server, from, to }: Holding,
  director: number,
  palette: Palette,
): Shape[] {
  const box = boxOf(view, row, { from, to }, { shift: 2 });
  if (!box) return [];
  const name = server ?? mac;
  if (director === -1)
    return [
      rect({ ...box, r: 2 }, { fill: palette.unknown, opacity: 0.3 }),
      path(hatchPath(box, 5), { stroke: palette.unknown, lineWidth: 1 }),
      ...caption(box, name, palette),
    ];
  return [rect({ ...box, r: 2 }, { fill: nth(palette.owners, director) }), ...label(box, name, palette.surface)];
}
