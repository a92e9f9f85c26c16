/** Answers "why do I see nothing?": all that must be right for a point to reach a page, in its order. Pure. */

import type { Contest } from "./model.ts";
import type { ContestSpeech } from "./speech.ts";
import type { Tone } from "../state/attention.ts";
import type { Category, Lane, StoreHealth } from "./wire.ts";

export const CHECKS = ["server", "signIn", "saving", "run", "camera", "marker", "store"] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check {
  readonly name: CheckName;
  readonly tone: Tone;
  readonly text: string;
}

/** A camera at 2 Hz is late after this. */
export const SILENT_AFTER_MS = 3000;

/** What a page sees of a lane that looks at `category`. */
export function checksOf(contest: Contest, category: Category, lane: Lane, speech: ContestSpeech): Check[] {
  return [
    { name: "server", ...server(contest, speech) },
    { name: "signIn", ...signIn(contest, speech) },
    { name: "saving", ...saving(contest, speech) },
    { name: "run", ...run(contest, category, speech) },
    { name: "camera", ...camera(contest, lane, speech) },
    { name: "marker", ...marker(contest, lane, speech) },
    { name: "store", ...store(contest.lanes?.store ?? null, speech) },
  ];
}

/** How many of them somebody should look at. */
export function faults(checks: readonly Check[]): number {
  return checks.filter(({ tone }) => tone === "bad" || tone === "warning").length;
}

type Finding = Pick<Check, "tone" | "text">;

function server({ connection, reachable }: Contest, { say }: ContestSpeech): Finding {
  const { phase } = connection.status;
  if (phase === "connected" && reachable) return { tone: "good", text: say("server_good") };
  if (phase === "connecting" && !(connection.status as { again?: boolean }).again) {
    return { tone: "info", text: say("server_connecting") };
  }
  return phase === "connected" ? { tone: "info", text: say("server_connecting") } : { tone: "bad", text: say("server_bad") };
}

function signIn({ access }: Contest, { say }: ContestSpeech): Finding {
  if (access.phase === "granted") return { tone: "good", text: say("signIn_good") };
  if (access.phase === "checking") return { tone: "info", text: say("signInChecking") };
  return { tone: "bad", text: say("signIn_bad") };
}

function saving({ state }: Contest, { say }: ContestSpeech): Finding {
  if (state === null) return { tone: "neutral", text: say("loading") };
  return state.realtime.enabled ? { tone: "good", text: say("saving_good") } : { tone: "bad", text: say("saving_bad") };
}

function run(contest: Contest, category: Category, { say }: ContestSpeech): Finding {
  const { state } = contest;
  if (state === null) return { tone: "neutral", text: say("loading") };
  // Between two runs there is none, and nothing is wrong.
  if (state.session === null) return { tone: state.last === null ? "warning" : "info", text: say("run_bad") };
  if (state.session.category !== category) {
    return { tone: "warning", text: say("run_other", { category: say(state.session.category) }) };
  }
  return { tone: "good", text: say("run_good", { seconds: Math.floor(contest.elapsedMs() / 1000) }) };
}

function camera(contest: Contest, lane: Lane, { say }: ContestSpeech): Finding {
  const health = contest.health(lane);
  const ago = contest.lastPointAgoMs(lane);
  // Without a connection every camera looks silent.
  if (health === null || contest.connection.status.phase !== "connected") {
    return { tone: "neutral", text: say("camera_unknown") };
  }
  const isFresh = ago !== null && ago < SILENT_AFTER_MS;
  if (health.last_refusal !== null && !isFresh && health.refused > 0) {
    return { tone: "bad", text: say("camera_refused", { reason: say(`refusal_${health.last_refusal}`) }) };
  }
  if (ago === null) return { tone: "bad", text: say("camera_never", { lane }) };
  if (!isFresh) return { tone: "bad", text: say("camera_silent", { lane, seconds: Math.round(ago / 1000) }) };
  return { tone: "good", text: say("camera_good", { rate: Math.round(health.rate_hz * 10) / 10 }) };
}

function marker(contest: Contest, lane: Lane, { say }: ContestSpeech): Finding {
  const { a, b } = contest.markers(lane);
  if (a === null || b === null) return { tone: "neutral", text: say("marker_unknown") };
  if (a && b) return { tone: "good", text: say("marker_good") };
  if (a) return { tone: "warning", text: say("marker_b") };
  return b ? { tone: "warning", text: say("marker_a") } : { tone: "bad", text: say("marker_both") };
}

function store(health: StoreHealth | null, { say, count }: ContestSpeech): Finding {
  if (health === null) return { tone: "neutral", text: say("loading") };
  if (health.full) return { tone: "bad", text: say("store_full") };
  if (health.database === "away") return { tone: "warning", text: say("store_away") };
  if (health.database === "behind") return { tone: "info", text: say("store_behind", { count: count(health.behind) }) };
  return { tone: "good", text: say("store_good") };
}
