/** Colours of the contest's charts; fixed, as people know their team by them. Pure. */

const TEAMS = [
  "255 99 132",
  "54 162 235",
  "255 206 86",
  "75 192 192",
  "153 102 255",
  "255 159 64",
  "199 199 199",
  "83 102 255",
] as const;

const POSITIVE = "54 162 235";
const NEGATIVE = "255 99 132";

/** Of the team on that lane. */
export function teamColour(lane: number, alpha = 1): string {
  return colour(TEAMS[(lane - 1) % TEAMS.length] ?? TEAMS[0], alpha);
}

/** Of one team's own chart: blue to one side, red to the other. */
export function signColour(side: "positive" | "negative", alpha = 1): string {
  return colour(side === "positive" ? POSITIVE : NEGATIVE, alpha);
}

function colour(channels: string, alpha: number): string {
  return `rgb(${channels} / ${alpha})`;
}
