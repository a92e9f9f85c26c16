/**
 * Draws points as bars from the zero line, each at its own time: wide ones while there is room, thin
 * stems when they are dense. Every point is drawn; nothing is thinned out. Pure, but for the pen.
 */

import type { Line } from "./line.ts";

/** The part of a canvas context that is used. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  "beginPath" | "rect" | "fill" | "moveTo" | "arc" | "stroke"
> & { fillStyle: unknown; strokeStyle: unknown; lineWidth: number };

/** Where and how large, in pixels of the device. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Length of the time axis. */
  readonly seconds: number;
  /** Millimetres from the zero line to either edge. */
  readonly range: number;
  /** Device pixels for each pixel of the page. */
  readonly ratio: number;
}

export interface Ink {
  readonly positive: string;
  readonly negative: string;
  /** Of points for which the camera had lost the marker. */
  readonly faint: string;
  readonly outline: string;
  /** Wider than usual, in pixels of the page. */
  readonly bold: number;
  /** The bit of a point's flags that says the marker was seen. */
  readonly detectedBit: number;
}

const WIDEST_BAR = 9;
const FILLED_SHARE = 0.7;
const LOST_RADIUS = 2.5;

/** Width of one bar in device pixels, by how far the points are apart on average. */
export function barWidth({ t, count }: Line, { width, seconds, ratio }: Plot): number {
  const span = count > 1 ? (t[count - 1] ?? 0) - (t[0] ?? 0) : seconds;
  const apart = ((span / Math.max(1, count - 1)) * width) / seconds;
  return Math.max(1, Math.round(Math.min(WIDEST_BAR * ratio, apart * FILLED_SHARE)));
}

/** Draws all points of a line and returns how many those were. */
export function drawLine(pen: Pen, plot: Plot, line: Line, ink: Ink): number {
  const width = barWidth(line, plot) + Math.round(ink.bold * plot.ratio);
  const groups = [
    { style: ink.positive, wanted: (value: number, seen: boolean) => seen && value >= 0 },
    { style: ink.negative, wanted: (value: number, seen: boolean) => seen && value < 0 },
    { style: ink.faint, wanted: (_: number, seen: boolean) => !seen },
  ];
  let drawn = 0;
  for (const { style, wanted } of groups) {
    pen.beginPath();
    const added = addBars(pen, plot, line, width, (at) =>
      wanted(line.y[at] ?? 0, ((line.flags[at] ?? 0) & ink.detectedBit) !== 0),
    );
    pen.fillStyle = style;
    if (added > 0) pen.fill();
    drawn += added;
  }
  ringLost(pen, plot, line, ink);
  return drawn;
}

function addBars(pen: Pen, plot: Plot, line: Line, width: number, wanted: (at: number) => boolean): number {
  if (plot.width <= 0 || plot.height <= 0) return 0;
  let added = 0;
  for (let at = 0; at < line.count; at += 1) {
    if (!wanted(at)) continue;
    const x = within(Math.round(xOf(plot, line.t[at] ?? 0) - width / 2), plot.left, plot.left + plot.width - width);
    const zero = Math.round(plot.top + plot.height / 2);
    const tip = yOf(plot, line.y[at] ?? 0);
    // A value of zero is a point as well: it gets one pixel.
    pen.rect(x, Math.min(zero, tip), width, Math.max(1, Math.abs(tip - zero)));
    added += 1;
  }
  return added;
}

/** A hollow ring at the tip marks a point without its marker, whatever the eye makes of the colours. */
function ringLost(pen: Pen, plot: Plot, line: Line, ink: Ink): void {
  const radius = LOST_RADIUS * plot.ratio;
  pen.beginPath();
  let any = false;
  for (let at = 0; at < line.count; at += 1) {
    if (((line.flags[at] ?? 0) & ink.detectedBit) !== 0) continue;
    const x = within(xOf(plot, line.t[at] ?? 0), plot.left + radius, plot.left + plot.width - radius);
    const y = within(yOf(plot, line.y[at] ?? 0), plot.top + radius, plot.top + plot.height - radius);
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    any = true;
  }
  if (!any) return;
  pen.strokeStyle = ink.outline;
  pen.lineWidth = plot.ratio;
  pen.stroke();
}

function xOf({ left, width, seconds }: Plot, t: number): number {
  return left + (within(t, 0, seconds) / seconds) * width;
}

function yOf({ top, height, range }: Plot, value: number): number {
  return Math.round(top + height / 2 - (within(value, -range, range) / range) * (height / 2));
}

function within(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
