/** A rectangle on the canvas, in pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Style {
  readonly fill?: string;
  readonly stroke?: string;
  readonly lineWidth?: number;
  readonly lineDash?: number[];
  readonly opacity?: number;
}

interface TextStyle {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly fill: string;
  readonly font: string;
  readonly align?: "left" | "center" | "right";
  readonly verticalAlign?: "top" | "middle" | "bottom";
  readonly width?: number;
  readonly overflow?: "truncate";
}

/** The shapes of a lane: elements of an ECharts custom series. */
export type Shape =
  | {
      readonly type: "rect";
      readonly shape: Box & { readonly r?: number };
      readonly style: Style;
      readonly silent: true;
    }
  | {
      readonly type: "path";
      readonly shape: { readonly pathData: string };
      readonly style: Style;
      readonly silent: true;
    }
  | { readonly type: "text"; readonly style: TextStyle; readonly silent: true };

export const FONT_FAMILY = "system-ui, sans-serif";
const FONT = `11px ${FONT_FAMILY}`;

export const rect = (shape: Box & { readonly r?: number }, style: Style): Shape => ({
  type: "rect",
  shape,
  style,
  silent: true,
});

export const path = (pathData: string, style: Style): Shape => ({
  type: "path",
  shape: { pathData },
  style: { fill: "none", ...style },
  silent: true,
});

export const text = (style: Omit<TextStyle, "font">): Shape => ({
  type: "text",
  style: { font: FONT, ...style },
  silent: true,
});

/** A box as path data, to draw many at once. */
export const boxPath = ({ x, y, width, height }: Box): string => `M${x} ${y}h${width}v${height}h${-width}z`;

/** The diagonal lines of a hatched box as path data; adjacent boxes continue the pattern. */
export function hatchPath({ x, y, width, height }: Box, spacing: number): string {
  let data = "";
  const last = Math.floor((x + width + y + height) / spacing);
  for (let k = Math.ceil((x + y) / spacing); k <= last; k += 1) {
    const sum = k * spacing;
    const left = Math.max(x, sum - (y + height));
    const right = Math.min(x + width, sum - y);
    if (right > left) data += `M${left} ${sum - left}L${right} ${sum - right}`;
  }
  return data;
}

/** The dots of a dotted box as path data; adjacent boxes continue the pattern. */
export function dotPath({ x, y, width, height }: Box, spacing: number): string {
  let data = "";
  for (let column = Math.ceil(x / spacing); column * spacing < x + width - 1; column += 1)
    for (let row = Math.ceil(y / spacing); row * spacing < y + height - 1; row += 1)
      data += boxPath({ x: column * spacing, y: row * spacing, width: 1.5, height: 1.5 });
  return data;
}

/** Joins touching boxes of one height, given in the order of x, so that a pattern shows no seams. */
export function joined(boxes: readonly Box[]): Box[] {
  const whole: Box[] = [];
  for (const box of boxes) {
    const last = whole.at(-1);
    if (last && Math.abs(last.x + last.width - box.x) < 0.1 && last.y === box.y && last.height === box.height)
      whole[whole.length - 1] = { ...last, width: box.x + box.width - last.x };
    else whole.push(box);
  }
  return whole;
}

/** A text on a patch of background colour, readable on a pattern. */
export function caption(box: Box, words: string, { ink, surface }: { ink: string; surface: string }): Shape[] {
  const width = Math.min(box.width - 6, 10 + words.length * 6.4);
  if (width < 30) return [];
  const patch = { x: box.x + 3, y: box.y + 2, width, height: box.height - 4, r: 2 };
  return [rect(patch, { fill: surface, opacity: 0.9 }), ...label({ ...box, x: box.x + 2, width }, words, ink)];
}

/** The fewest pixels a letter that are worth a text. */
const LEAST_LETTER = 3.5;

/** A text inside a box, cut at the end of the box; left out if too little would remain. */
export const label = (box: Box, words: string, fill: string): Shape[] =>
  box.width < Math.max(24, 10 + words.length * LEAST_LETTER)
    ? []
    : [
        text({
          text: words,
          x: box.x + 5,
          y: box.y + box.height / 2 + 0.5,
          width: box.width - 8,
          overflow: "truncate",
          verticalAlign: "middle",
          fill,
        }),
      ];
