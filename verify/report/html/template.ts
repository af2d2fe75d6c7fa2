/** Markup, as opposed to text: the only value that `html` does not escape. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = string | number | Html | readonly Html[] | undefined;

/**
 * A template for markup. It escapes its values, for text and for quoted attributes, so that output from a lab never becomes markup.
 * Undefined becomes nothing.
 */
export const html = (pieces: TemplateStringsArray, ...values: readonly Part[]): Html =>
  new Html(pieces.map((piece, index) => piece + markupOf(values[index])).join(""));

function markupOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(({ markup }) => markup).join("");
  return escapeHtml(String(part));
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? "");

/** Data for a script element of type application/json. It contains no `<`, so it cannot end the element. */
export const jsonFor = (data: unknown): Html => new Html(JSON.stringify(data).replaceAll("<", "\\u003c"));
