/** A chart in words, for those who do not see it. Pure. */

import { extremes, placeOf, type Line } from "./line.ts";
import { millimetres, type ChartWords } from "./words.ts";

export function summary(lines: readonly Line[], range: number, words: ChartWords): string {
  const filled = lines.filter(({ count }) => count > 0);
  if (filled.length === 0) return words.empty;
  const found = extremes(filled.map(({ max }) => max));
  const teams = filled.map((line) => {
    const place = placeOf(line.max, found);
    const mark = place === null ? "" : place === "best" ? "★ STABIL" : "MAX";
    return words.team(line.label, line.count, millimetres(line.max), mark);
  });
  const latest = Math.max(...filled.map(({ t, count }) => t[count - 1] ?? 0));
  return `${words.reach(latest.toFixed(0), `${range}`)}. ${teams.join(". ")}.`;
}

/** How many points of each line were drawn, as `1:1800 2:1799`. */
export function drawnText(drawn: ReadonlyMap<number, number>): string {
  return [...drawn]
    .sort(([one], [other]) => one - other)
    .map(([key, count]) => `${key}:${count}`)
    .join(" ");
}
