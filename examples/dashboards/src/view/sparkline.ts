/** A small line of the newest measurements. Its value stands beside it as text, so it is silent. */

import { setAttribute } from "./dom.ts";
import { HISTORY_LIMIT } from "../state/model.ts";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 24;
/** The measurements are percents or degrees; one fixed scale keeps machines comparable. */
const TOP = 100;

export class Sparkline {
  readonly element = document.createElementNS(SVG, "svg");
  readonly #line = document.createElementNS(SVG, "path");

  constructor() {
    setAttribute(this.element, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    setAttribute(this.element, "preserveAspectRatio", "none");
    setAttribute(this.element, "class", "sparkline");
    setAttribute(this.element, "aria-hidden", "true");
    this.element.append(this.#line);
  }

  show(values: readonly number[]): void {
    setAttribute(this.#line, "d", path(values));
  }
}

/** The newest value is at the right edge; a single one becomes a short stroke. */
export function path(values: readonly number[]): string {
  const step = WIDTH / (HISTORY_LIMIT - 1);
  const points = values.map((value, index) => {
    const x = WIDTH - (values.length - 1 - index) * step;
    const y = HEIGHT - (Math.min(TOP, Math.max(0, value)) / TOP) * (HEIGHT - 2) - 1;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  if (points.length === 1) return `M${points[0]}h-${step.toFixed(1)}`;
  return points.length === 0 ? "" : `M${points.join("L")}`;
}
