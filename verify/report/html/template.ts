/** Markup, as against text: the only thing that `html` puts in as it is. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = string | number | Html | readonly Html[] | undefined;

/**
 * Markup as a template whose values are escaped, for text and for attributes in quotes. Nothing that a lab has said becomes markup;
 * nothing at all stands for undefined.
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

/** Data for a script element of type application/json: no `<` in it, so that nothing in the data can end the element. */
export const jsonFor = (data: unknown): Html => new Html(JSON.stringify(data).replaceAll("<", "\\u003c"));
