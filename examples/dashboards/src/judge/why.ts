/** Why does the judge see nothing? Looks at everything that data passes on its way. Pure. */

import { mayJudge } from "../contest/access.ts";
import type { JudgeKey } from "../contest/i18n/judge-en.ts";
import { LANES, type Contest, type Lane } from "../contest/model.ts";
import type { Values } from "../i18n/language.ts";
import type { Tone } from "../state/attention.ts";
import { storeText, storeTone } from "./lanes.ts";
import { isFresh, lanesWith } from "./light.ts";
import type { JudgeSpeech } from "./speech.ts";

export interface Finding {
  readonly name: "server" | "signIn" | "load" | "saving" | "run" | "cameras" | "markers" | "frozen" | "store";
  readonly tone: Tone;
  readonly text: string;
}

type Say = (tone: Tone, key: JudgeKey, values?: Values) => Omit<Finding, "name">;

/** In the order in which data passes them: the first that is not good is where to begin. */
export function findings(contest: Contest, speech: JudgeSpeech): Finding[] {
  const found: Say = (tone, key, values) => ({ tone, text: speech.say(key, values) });
  return [
    { name: "server", ...server(contest, found) },
    { name: "signIn", ...signIn(contest, found) },
    { name: "load", ...load(contest, found) },
    { name: "saving", ...saving(contest, found) },
    { name: "cameras", ...cameras(contest, found) },
    { name: "markers", ...markers(contest, found) },
    { name: "store", tone: storeTone(contest.lanes?.store ?? null), text: storeLine(contest, speech) },
    { name: "run", ...run(contest, found) },
    { name: "frozen", ...frozen(contest, found) },
  ];
}

/** The first that calls for something; `null` when all is well. */
export function firstProblem(all: readonly Finding[]): Finding | null {
  const bad = all.find(({ tone }) => tone === "bad");
  return bad ?? all.find(({ tone }) => tone === "warning") ?? all.find(({ tone }) => tone !== "good") ?? null;
}

function server({ connection, reachable }: Contest, found: Say): Omit<Finding, "name"> {
  const { status } = connection;
  if (status.phase === "connecting" && !status.again) return found("info", "whyConnecting");
  if (status.phase !== "connected") return found("bad", "whyServerAway");
  return reachable ? found("good", "whyServerOk") : found("warning", "whyHttpAway");
}

function signIn({ access }: Contest, found: Say): Omit<Finding, "name"> {
  if (mayJudge(access) || access.phase === "checking") return found("good", "whySignedIn");
  return found("bad", "whySignedOut");
}

function load({ backfill }: Contest, found: Say): Omit<Finding, "name"> {
  if (backfill.phase === "failed") return found("bad", "whyLoadFailed");
  if (backfill.phase === "done") return found("good", "whyLoaded");
  return found("info", "whyLoading", { points: backfill.phase === "loading" ? backfill.points : 0 });
}

function saving({ state }: Contest, found: Say): Omit<Finding, "name"> {
  if (state === null) return found("neutral", "whySavingUnknown");
  return state.realtime.enabled === true ? found("good", "whySavingOn") : found("bad", "whySavingOff");
}

function run({ state }: Contest, found: Say): Omit<Finding, "name"> {
  if (state === null) return found("neutral", "whyRunUnknown");
  return state.session !== null ? found("good", "whyRunOn") : found("warning", "whyRunOff");
}

function cameras(contest: Contest, found: Say): Omit<Finding, "name"> {
  if (contest.lanes === null) return found("neutral", "whyCamerasUnknown");
  const silent = LANES.filter((lane) => !isFresh(contest.lastPointAgoMs(lane)));
  const count = LANES.length - silent.length;
  if (count === LANES.length) return found("good", "whyCamerasOk", { count });
  if (count === 0) return found("bad", "whyCamerasNone");
  return found("warning", "whyCamerasSome", { count, lanes: list(silent) });
}

function markers(contest: Contest, found: Say): Omit<Finding, "name"> {
  const lost = lanesWith(contest, LANES, "markerLost");
  if (lost.length > 0) return found("warning", "whyMarkersLost", { lanes: list(lost) });
  const isAnyAlive = lanesWith(contest, LANES, "alive").length > 0;
  return isAnyAlive ? found("good", "whyMarkersOk") : found("neutral", "whyMarkersUnknown");
}

function frozen({ state }: Contest, found: Say): Omit<Finding, "name"> {
  return state?.frozen === true ? found("warning", "whyFrozen") : found("good", "whyNotFrozen");
}

function storeLine({ lanes }: Contest, speech: JudgeSpeech): string {
  if (lanes === null) return speech.say("whyStoreUnknown");
  return lanes.store.database === "ok" && !lanes.store.full ? speech.say("whyStoreOk") : storeText(lanes.store, speech);
}

function list(lanes: readonly Lane[]): string {
  return lanes.join(", ");
}
