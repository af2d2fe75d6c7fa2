/** In the page: texts with less contrast to what is behind them than 4.5 to 1, or 3 to 1 for large ones (WCAG 2.2, 1.4.3). */
export const lowContrast = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const mix = (layers) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const layer of layers) { canvas.fillStyle = layer; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => rgb
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest("svg, script, #chart")) continue;
    const layers = [];
    for (let behind = element; behind; behind = behind.parentElement) layers.unshift(getComputedStyle(behind).backgroundColor);
    const style = getComputedStyle(element);
    const [high, low] = [luminance(mix(layers)), luminance(mix([...layers, style.color]))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(element.className + " " + element.textContent.trim().slice(0, 30) + " " + ratio.toFixed(2));
  }
  return found;
})()`;
