/** What between two states is worth saying aloud. Pure. */

import { statusWord, type Translate } from "../i18n/language.ts";
import type { Dashboard } from "../state/model.ts";

export function news(before: Dashboard, after: Dashboard, say: Translate): string[] {
  if (before.machines !== after.machines) return machineNews(before, after, say);
  const newest = after.syncRequests[0];
  const asked = newest !== undefined && newest.key !== before.syncRequests[0]?.key;
  return asked ? [say("announceSync", { device: newest.device })] : [];
}

function machineNews(before: Dashboard, after: Dashboard, say: Translate): string[] {
  const earlier = new Map(before.machines.map((machine) => [machine.id, machine.status]));
  return after.machines.flatMap(({ id, name, status }) =>
    status === null || earlier.get(id) === status
      ? []
      : [say("announceStatus", { machine: name ?? id, status: statusWord(say, status) })],
  );
}
