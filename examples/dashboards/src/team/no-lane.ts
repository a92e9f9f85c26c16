/** What a team page without a lane shows: the eight to choose from. */

import type { View } from "../contest/model.ts";
import type { ContestSpeech } from "../contest/speech.ts";
import { LANES } from "../contest/wire.ts";
import { element } from "../view/dom.ts";

export class NoLane implements View {
  readonly elements: readonly HTMLElement[];

  constructor({ say }: ContestSpeech, asked: string | null) {
    const links = LANES.map((lane) => element("li", {}, element("a", { href: `?lane=${lane}` }, say("teamPage", { lane }))));
    const wrong = asked === null ? "" : say("badLane", { lane: asked });
    this.elements = [element("section", { class: "empty" }, element("p", {}, wrong), element("ul", { class: "cards" }, ...links))];
  }

  show(): void {
    // Nothing here changes.
  }
}
