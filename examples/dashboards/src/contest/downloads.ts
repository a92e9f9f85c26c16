/** Buttons that download a file, and say how it went. */

import { button, element, setText } from "../view/dom.ts";
import type { Controller, Export } from "./model.ts";
import type { ContestSpeech } from "./speech.ts";

export interface Offer {
  readonly label: string;
  readonly testId: string;
  /** Asked when the button is pressed. */
  what(): Export;
}

export function downloads(speech: ContestSpeech, controller: Controller, offers: readonly Offer[]): HTMLElement {
  const { say, explain } = speech;
  const said = element("p", { class: "muted", role: "status" });
  const buttons = offers.map(({ label, testId, what }) => {
    const made = button(label, () => void fetchOne());
    made.setAttribute("data-testid", testId);
    const fetchOne = async (): Promise<void> => {
      made.disabled = true;
      setText(said, say("exportBusy"));
      const got = await controller.download(what());
      made.disabled = false;
      setText(said, got.ok ? say("exportDone", { name: got.value }) : explain(got.failure));
    };
    return made;
  });
  return element(
    "section",
    { class: "downloads panel-box", "aria-label": say("exports") },
    element("div", { class: "buttons" }, ...buttons),
    said,
  );
}
