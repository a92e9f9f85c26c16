/** What charts say, in the page's language. Pure. */

import type { Language } from "../i18n/language.ts";

export interface ChartWords {
  readonly time: string;
  readonly displacement: string;
  readonly empty: string;
  readonly towards: string;
  readonly away: string;
  readonly lostLegend: string;
  best(mm: string): string;
  worst(mm: string): string;
  lost(points: number): string;
  /** One team in the text that stands for the picture. */
  team(label: string, points: number, mm: string, place: string): string;
  reach(seconds: string, range: string): string;
}

const id: ChartWords = {
  time: "Waktu (s)",
  displacement: "mm",
  empty: "Belum ada data pada frekuensi ini",
  towards: "≥ 0 mm",
  away: "< 0 mm",
  lostLegend: "○ marker hilang",
  best: (mm) => `★ STABIL (${mm})`,
  worst: (mm) => `| MAX: ${mm}`,
  lost: (points) => `○ marker hilang ${points}×`,
  team: (label, points, mm, place) => `${label}: ${points} titik, maksimum ${mm}${place === "" ? "" : ` ${place}`}`,
  reach: (seconds, range) => `Data sampai detik ${seconds}; sumbu ±${range} mm`,
};

const en: ChartWords = {
  time: "Time (s)",
  displacement: "mm",
  empty: "No data at this frequency yet",
  towards: "≥ 0 mm",
  away: "< 0 mm",
  lostLegend: "○ marker lost",
  best: (mm) => `★ STABIL (${mm})`,
  worst: (mm) => `| MAX: ${mm}`,
  lost: (points) => `○ marker lost ${points}×`,
  team: (label, points, mm, place) =>
    `${label}: ${points} ${points === 1 ? "point" : "points"}, maximum ${mm}${place === "" ? "" : ` ${place}`}`,
  reach: (seconds, range) => `Data up to second ${seconds}; axis ±${range} mm`,
};

export function chartWords(language: Language): ChartWords {
  return language === "id" ? id : en;
}

/** `12.30 mm`: the same in both languages, and as in the exported files. */
export function millimetres(value: number): string {
  return `${value.toFixed(2)} mm`;
}
