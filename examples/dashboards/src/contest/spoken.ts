/** News in one sentence, for screen readers. Pure. */

import type { News } from "./model.ts";
import type { ContestSpeech } from "./speech.ts";

export function spoken(news: News, { say }: ContestSpeech): string {
  switch (news.kind) {
    case "started":
      return say("announceStarted", { frequency: news.run.frequency, category: say(news.run.category) });
    case "ended":
      return say(news.run.collapsed ? "announceCollapsed" : "announceEnded", { frequency: news.run.frequency });
    case "realtime":
      return say(news.enabled ? "announceSavingOn" : "announceSavingOff");
    case "frozen":
      return say(news.frozen ? "announceFrozen" : "announceThawed");
    case "category":
      return say("announceCategory", { category: say(news.category) });
    case "cleared":
      return say("announceCleared");
    case "undone":
      return say("announceUndone");
  }
}
