/** Lets a person in who came without a link, or with one that is not good any more. */

import { button, element, setHidden, setText } from "../view/dom.ts";
import { cleaned } from "./access.ts";
import type { Access, Controller } from "./model.ts";
import type { ContestSpeech } from "./speech.ts";

export class SignIn {
  readonly element: HTMLElement;
  readonly #speech: ContestSpeech;
  readonly #why = element("p", { role: "alert" });

  constructor(speech: ContestSpeech, controller: Controller) {
    const { say } = speech;
    this.#speech = speech;
    // Not in the clear: pages of the contest stand on projectors.
    const field = element("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false" });
    const form = element(
      "form",
      { class: "sign-in" },
      element("label", { for: "token" }, say("signInField")),
      field,
      element("button", { type: "submit", class: "main" }, say("signInButton")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (cleaned(field.value) === "") setText(this.#why, say("signInEmpty"));
      else controller.signIn(field.value);
      field.value = "";
    });
    this.element = element(
      "section",
      { class: "empty", "aria-labelledby": "sign-in-heading", "data-testid": "sign-in" },
      element("h2", { id: "sign-in-heading" }, say("signInTitle")),
      this.#why,
      form,
      element("p", { class: "muted" }, say("signInWhere")),
      element("pre", { tabindex: 0 }, element("code", {}, "saluran links")),
    );
  }

  show(access: Access): void {
    const isNeeded = access.phase === "none" || access.phase === "denied";
    const wasHidden = this.element.hidden;
    setHidden(this.element, !isNeeded);
    if (!isNeeded || (!wasHidden && this.#why.textContent === this.#speech.say("signInEmpty"))) return;
    setText(this.#why, this.#reason(access));
  }

  #reason(access: Access): string {
    const { say } = this.#speech;
    if (access.phase !== "denied") return say("signInNone");
    if (access.why === "forbidden") return say("signInForbidden");
    return say(access.why === "expired" ? "signInExpired" : "signInRefused");
  }
}

/** Who is signed in, and the way out. */
export class Account {
  readonly element: HTMLElement;
  readonly #speech: ContestSpeech;
  readonly #who = element("span", { "data-testid": "account" });
  readonly #out: HTMLButtonElement;

  constructor(speech: ContestSpeech, controller: Controller) {
    this.#speech = speech;
    this.#out = button(speech.say("signOut"), () => controller.signOut());
    this.element = element("div", { class: "account" }, this.#who, this.#out);
  }

  show(access: Access): void {
    setText(this.#who, this.#text(access));
    setHidden(this.#out, access.phase === "none");
  }

  #text(access: Access): string {
    const { say } = this.#speech;
    if (access.phase === "none" || access.phase === "denied") return say("signedOut");
    if (access.phase === "checking") return say("signInChecking");
    const { role } = access;
    if (role === "judge" || role === "viewer" || role === "camera") return say("signedInAs", { role: say(`role_${role}`) });
    return role === null ? say("signedIn") : say("signedInAs", { role });
  }
}
