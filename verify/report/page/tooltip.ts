/** The rows as an element, built from text only: output from a lab never becomes markup. */
export function tooltipElement(moment: number, rows: readonly (readonly [string, string])[]): HTMLElement {
  const root = document.createElement("div");
  root.className = "moment";
  root.append(Object.assign(document.createElement("strong"), { textContent: `${(moment / 1000).toFixed(3)} s` }));
  const list = root.appendChild(document.createElement("dl"));
  for (const [name, value] of rows)
    list.append(
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    );
  return root;
}
