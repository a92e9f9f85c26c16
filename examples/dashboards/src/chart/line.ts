/** What a chart draws: one line for each team. Pure. */

/** One team's points of one run. The arrays may be longer than what they hold. */
export interface Line {
  /** The lane, 1 to 8: picks the colour and names the line in `data-drawn`. */
  readonly key: number;
  readonly label: string;
  /** The whole name, where the label is a short one. */
  readonly name: string;
  /** Seconds since the run's start, rising. */
  readonly t: Float64Array;
  /** Millimetres, signed. */
  readonly y: Float64Array;
  readonly flags: Uint8Array;
  readonly count: number;
  /** Largest |y|, in millimetres; 0 without points. */
  readonly max: number;
  /** Rises with every change of the points. */
  readonly version: number;
}

/** The smallest non-zero and the largest maximum of several teams. */
export interface Extremes {
  readonly best: number;
  readonly worst: number;
}

export type Place = "best" | "worst" | null;

/** `null` while there is nothing to compare: that takes two teams that differ. */
export function extremes(maxima: readonly number[]): Extremes | null {
  const moved = maxima.filter((max) => max > 0);
  const best = Math.min(...moved);
  const worst = Math.max(...moved);
  return moved.length > 1 && best < worst ? { best, worst } : null;
}

/** Teams with the same maximum share their place. */
export function placeOf(max: number, found: Extremes | null): Place {
  if (found === null) return null;
  if (max === found.worst) return "worst";
  return max === found.best ? "best" : null;
}

/** Largest first, so that what is drawn later, over it, hides nothing of it. */
export function backToFront(lines: readonly Line[]): Line[] {
  return [...lines].sort((one, other) => other.max - one.max || one.key - other.key);
}

/** Whether `now` would look as `before` does. */
export function sameLines(before: readonly Line[], now: readonly Line[]): boolean {
  return before.length === now.length && now.every((line, at) => sameLine(before[at], line));
}

function sameLine(before: Line | undefined, now: Line): boolean {
  return (
    before !== undefined &&
    before.t === now.t &&
    before.version === now.version &&
    before.count === now.count &&
    before.label === now.label
  );
}

/** Points for which the camera had lost its marker: `bit` of their flags is not set. */
export function lostCount({ flags, count }: Pick<Line, "flags" | "count">, bit: number): number {
  let lost = 0;
  for (let at = 0; at < count; at += 1) if (((flags[at] ?? 0) & bit) === 0) lost += 1;
  return lost;
}
