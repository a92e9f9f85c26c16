/** Numbers and times as people in one language write them. Pure. */

import type { Language } from "./language.ts";

export interface Format {
  /** `45.5 %`; at most one decimal. */
  percent(value: number): string;
  /** `45 °C` */
  temperature(value: number): string;
  /** `0.85 s` */
  seconds(value: number): string;
  count(value: number): string;
  /** `5 sec. ago`, in the largest unit that fits; `now` below a second. */
  ago(milliseconds: number): string;
  /** Time of day of this page, with the date when it is another day than `now`. */
  moment(at: number, now: number): string;
  /** Time of day in another zone; `null` for a zone unknown to this browser. */
  clock(at: number, timezone: string): string | null;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

const DAY = { day: "numeric", month: "short", year: "numeric" } as const;
const DAY_TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;

export function formatter(language: Language): Format {
  const count = new Intl.NumberFormat(language);
  const short = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const time = new Intl.DateTimeFormat(language, DAY_TIME);
  const dayAndTime = new Intl.DateTimeFormat(language, { ...DAY, ...DAY_TIME });
  const clocks = new Map<string, Intl.DateTimeFormat | null>();

  return {
    percent: (value) => `${short.format(value)} %`,
    temperature: (value) => `${short.format(value)} °C`,
    seconds: (value) => `${exact.format(value)} s`,
    count: (value) => count.format(value),
    ago: (milliseconds) => {
      const past = Math.max(0, milliseconds);
      const [unit, size] = UNITS.find(([, length]) => past >= length) ?? UNITS[3];
      return relative.format(-Math.floor(past / size), unit);
    },
    moment: (at, now) => (sameDay(at, now) ? time : dayAndTime).format(at),
    clock: (at, timezone) => {
      let clock = clocks.get(timezone);
      if (clock === undefined) {
        clock = clockIn(language, timezone);
        clocks.set(timezone, clock);
      }
      return clock?.format(at) ?? null;
    },
  };
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function clockIn(language: Language, timezone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat(language, { ...DAY_TIME, timeZone: timezone });
  } catch {
    return null;
  }
}
