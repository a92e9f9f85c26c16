/** What the table of the eight teams says. Pure. */

import { extremes, lostCount, placeOf, type Place } from "../chart/line.ts";
import { B_DETECTED, LANES, type Category, type Contest, type Frequency, type Lane, type State } from "../contest/model.ts";

/** Category and frequency that the page is about: those of the running run, else the chosen ones. */
export interface Shown {
  readonly category: Category;
  readonly frequency: Frequency;
}

export interface TableRow {
  readonly lane: Lane;
  readonly alias: string;
  readonly name: string;
  /** Millimetres, of |distb|. */
  readonly realtime: number;
  readonly max: number;
  readonly avg: number;
  readonly place: Place;
  /** Points of the run for which the camera had lost the marker. */
  readonly lost: number;
  /** `free`: the number is live and belongs to no run. */
  readonly source: "none" | "run" | "free";
}

export function shownOf(state: State | null): Shown {
  const { category, frequency } = state?.session ?? state ?? { category: "baja", frequency: 1.5 };
  return { category, frequency };
}

export function tableOf(contest: Contest, shown: Shown): TableRow[] {
  const found = extremes(LANES.map((lane) => contest.series(shown.category, lane, shown.frequency).max));
  return LANES.map((lane) => ({ ...rowOf(contest, shown, lane), place: placeOf(maxOf(contest, shown, lane), found) }));
}

function rowOf(contest: Contest, { category, frequency }: Shown, lane: Lane): Omit<TableRow, "place"> {
  const series = contest.series(category, lane, frequency);
  const live = contest.live(lane);
  const free = live !== null && live.session_id === null && live.category === category ? live : null;
  const { alias, nama_tim: name } = contest.team(category, lane);
  return {
    lane,
    alias,
    name,
    realtime: Math.abs(free?.distb ?? series.last ?? 0),
    max: series.max,
    avg: series.mean,
    lost: lostCount(series, B_DETECTED),
    source: free !== null ? "free" : series.count > 0 ? "run" : "none",
  };
}

function maxOf(contest: Contest, { category, frequency }: Shown, lane: Lane): number {
  return contest.series(category, lane, frequency).max;
}

/** The part of `Institution_TeamName` that people call a team by. */
export function shortName(name: string): string {
  const cut = name.indexOf("_");
  return cut < 0 ? name : name.slice(cut + 1).trim() || name;
}
