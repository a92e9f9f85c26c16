/** What is to be done before points can be seen, in its order. Pure. */

import type { Contest } from "./model.ts";
import { SILENT_AFTER_MS } from "./checks.ts";
import { hertz } from "./run-words.ts";
import type { ContestSpeech } from "./speech.ts";
import { LANES } from "./wire.ts";

export interface Step {
  readonly text: string;
  readonly isDone: boolean;
}

/** How many lanes send. */
export function aliveLanes(contest: Contest): number {
  return LANES.filter((lane) => (contest.lastPointAgoMs(lane) ?? Infinity) < SILENT_AFTER_MS).length;
}

export function steps(contest: Contest, { say }: ContestSpeech): Step[] {
  const { state, access } = contest;
  const alive = aliveLanes(contest);
  const running = state?.session ?? null;
  const last =
    running === null
      ? say("next_run")
      : say("next_watch", { frequency: hertz(running.frequency).replace(" Hz", ""), category: say(running.category) });
  return [
    { text: say("next_signIn"), isDone: access.phase === "granted" },
    { text: say("next_cameras", { alive }), isDone: alive === LANES.length },
    { text: say("next_saving"), isDone: state?.realtime.enabled === true },
    { text: last, isDone: running !== null },
  ];
}
