/** A run in the contest's words. Pure. */

import type { SharedKey } from "./i18n/en.ts";
import type { State } from "./wire.ts";

/** `Recording` while a run goes on, then how the last one ended. */
export function statusKey(state: State | null): SharedKey {
  if (state === null) return "loading";
  if (state.session !== null) return "recording";
  if (state.last === null) return "noRun";
  return state.last.collapsed ? "collapsed" : "stopped";
}

/** `1.5 Hz` */
export function hertz(frequency: number): string {
  return `${frequency.toFixed(1)} Hz`;
}
