import { OWNERS, type Palette, paletteNames, SERVERS } from "./palette.ts";

/** The colours that hold for a place in the document, which has the look that is on, or is kept to one by its `color-scheme`. */
export function paletteAt(place: HTMLElement): Palette {
  const probe = place.appendChild(document.createElement("span"));
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => colour(`${name}-${n}`));
  const one = Object.fromEntries(paletteNames.map((name) => [name, colour(name)])) as Record<
    (typeof paletteNames)[number],
    string
  >;
  const palette = { ...one, servers: numbered("server", SERVERS), owners: numbered("owner", OWNERS) };
  probe.remove();
  return palette;
}
