/** An element with a class and contents. Contents are elements and text: what a student or a lab has said never becomes markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  ...contents: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...contents);
  return made;
}

/** An element of the page by its id. @throws Error if there is none of this kind: the page's file and its script do not fit */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Sets a text if it is another one, so that nothing is drawn or spoken for nothing. */
export function say(place: Element, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
