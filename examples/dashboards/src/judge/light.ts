/** Whether a lane's camera is alive, from what the broker reports of it. Pure. */

import { SILENT_AFTER_MS } from "../contest/checks.ts";
import type { Contest, Lane, LaneHealth, Seen } from "../contest/model.ts";
import type { Tone } from "../state/attention.ts";
import type { JudgeSpeech } from "./speech.ts";

export type Light =
  | { readonly kind: "away" }
  | { readonly kind: "silent" }
  | { readonly kind: "refused"; readonly health: LaneHealth }
  | { readonly kind: "markerLost" }
  | { readonly kind: "alive" };

export const LIGHT_TONES: Readonly<Record<Light["kind"], Tone>> = {
  away: "neutral",
  silent: "bad",
  refused: "warning",
  markerLost: "warning",
  alive: "good",
};

/** `agoMs`: how long ago the last point came; `null` if there has been none. */
export function lightOf(health: LaneHealth | null, agoMs: number | null, { a, b }: Seen): Light {
  if (health === null) return { kind: "away" };
  if (health.last_refusal !== null && health.connected > 0 && !isFresh(agoMs)) return { kind: "refused", health };
  if (!isFresh(agoMs)) return { kind: health.connected > 0 ? "silent" : "away" };
  if (a === false || b === false) return { kind: "markerLost" };
  return { kind: "alive" };
}

export function isFresh(agoMs: number | null): boolean {
  return agoMs !== null && agoMs < SILENT_AFTER_MS;
}

/** Share of the points sent that never came, in percent; 0 while nothing is known. */
export function lossPercent({ lost, received }: LaneHealth): number {
  const sent = lost + received;
  return sent === 0 ? 0 : (lost / sent) * 100;
}

export function agoText(agoMs: number, { say }: JudgeSpeech): string {
  if (agoMs < 1000) return say("agoMs", { value: Math.round(agoMs) });
  const seconds = Math.floor(agoMs / 1000);
  if (seconds < 100) return say("agoSeconds", { value: seconds });
  return say("agoMinutes", { value: Math.floor(seconds / 60) });
}

export function lanesWith(contest: Contest, lanes: readonly Lane[], kind: Light["kind"]): Lane[] {
  const light = (lane: Lane): Light => lightOf(contest.health(lane), contest.lastPointAgoMs(lane), contest.markers(lane));
  return lanes.filter((lane) => light(lane).kind === kind);
}
