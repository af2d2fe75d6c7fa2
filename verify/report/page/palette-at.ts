import { OWNERS, type Palette, paletteNames, SERVERS } from "./palette.ts";

/** The colours at an element: those of the current theme, or of the element's own `color-scheme`. */
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
