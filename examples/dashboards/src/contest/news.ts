/** What is different between two states of the contest. Pure. */

import type { News } from "./model.ts";
import type { State, Undo } from "./wire.ts";

/**
 * Nothing is new to a page that has just been opened. What was taken back is told by an event of its own:
 * a clear also leaves the list when its time is over.
 */
export function newsBetween(before: State | null, after: State): News[] {
  if (before === null) return [];
  const news: News[] = [];
  const ended = before.session;
  if (ended !== null && ended.session_id !== after.session?.session_id) {
    if (after.last?.session_id === ended.session_id) news.push({ kind: "ended", run: after.last });
  }
  if (after.session !== null && after.session.session_id !== ended?.session_id) {
    news.push({ kind: "started", run: after.session });
  }
  if (before.realtime.enabled !== after.realtime.enabled) {
    news.push({ kind: "realtime", enabled: after.realtime.enabled });
  }
  if (before.frozen !== after.frozen) news.push({ kind: "frozen", frozen: after.frozen });
  if (before.category !== after.category) news.push({ kind: "category", category: after.category });
  for (const undo of missing(after.undo, before.undo)) news.push({ kind: "cleared", undo });
  return news;
}

function missing(from: readonly Undo[], there: readonly Undo[]): Undo[] {
  return from.filter(({ clear_id }) => !there.some((other) => other.clear_id === clear_id));
}
