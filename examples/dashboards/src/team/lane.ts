/** Which lane the page is of, from its address. Pure. */

import { LANES, type Lane } from "../contest/wire.ts";

/** `?lane=3`; `null` for a lane that is none. */
export function laneOf(page: URL): Lane | null {
  const asked = page.searchParams.get("lane") ?? "";
  return LANES.find((lane) => `${lane}` === asked.trim()) ?? null;
}
