/** The page in one language, around a view: heading, banners and sign-in. */

import type { Address } from "../feed/address.ts";
import { LANGUAGES, LANGUAGE_NAMES } from "../i18n/language.ts";
import { ConnectionView } from "../view/connection.ts";
import { button, element, setAttribute, setHidden, setText } from "../view/dom.ts";
import { speech as connectionSpeech } from "../view/speech.ts";
import type { Contest, Controller } from "./model.ts";
import { Account, SignIn } from "./sign-in.ts";
import type { ContestSpeech } from "./speech.ts";

export interface Content {
  readonly elements: readonly HTMLElement[];
  /** The heading's `data-testid`. */
  readonly testId: string;
  readonly isHome: boolean;
}

export class Frame {
  readonly elements: readonly HTMLElement[];
  readonly #speech: ContestSpeech;
  readonly #title: HTMLElement;
  readonly #connection: ConnectionView;
  readonly #account: Account;
  readonly #signIn: SignIn;
  readonly #frozen: HTMLElement;
  readonly #held = element("span");
  readonly #missed: HTMLElement;
  readonly #loading = element("p", { class: "loading", "data-testid": "loading" });
  readonly #content: HTMLElement;

  constructor(
    speech: ContestSpeech,
    address: Address,
    controller: Controller,
    { elements, testId, isHome }: Content,
  ) {
    const { say } = speech;
    this.#speech = speech;
    this.#title = element("h1", { "data-testid": testId });
    this.#connection = new ConnectionView(connectionSpeech(speech.language), address, () => controller.retry());
    setAttribute(this.#connection.pill, "data-testid", "connection");
    this.#account = new Account(speech, controller);
    this.#signIn = new SignIn(speech, controller);
    this.#frozen = element("p", { class: "banner", "data-tone": "info", role: "status", "data-testid": "frozen" });
    this.#frozen.append(element("strong", {}, say("frozen")), " ", this.#held);
    this.#missed = element("p", { class: "banner", "data-tone": "warning", "data-testid": "missed" });
    this.#content = element("div", { class: "content" }, ...elements);
    const home = element("a", { href: "../contest/", class: "home" }, say("allPages"));
    setHidden(home, isHome);
    this.elements = [
      element(
        "header",
        { class: "top" },
        this.#title,
        home,
        this.#connection.pill,
        this.#account.element,
        languages(speech, controller),
      ),
      element("main", {}, this.#connection.banner, this.#frozen, this.#missed, this.#signIn.element, this.#content),
      this.#loading,
    ];
  }

  show(contest: Contest, title: string, now: number): void {
    const { access, connection, state } = contest;
    const isOut = access.phase === "none" || access.phase === "denied";
    setText(this.#title, title);
    this.#connection.show(connection, false, now);
    setHidden(this.#connection.pill, isOut);
    if (isOut) setHidden(this.#connection.banner, true);
    this.#account.show(access);
    this.#signIn.show(access);
    setHidden(this.#content, isOut);
    setHidden(this.#frozen, isOut || state?.frozen !== true);
    setText(this.#held, contest.heldBack === 0 ? "" : this.#speech.say("heldBack", { count: this.#speech.count(contest.heldBack) }));
    const loading = isOut ? "" : this.#loadingText(contest);
    setText(this.#loading, loading);
    setHidden(this.#loading, loading === "");
    const missed = isOut ? "" : this.#missedText(contest);
    setText(this.#missed, missed);
    setHidden(this.#missed, missed === "");
  }

  /** Only where there is so much that somebody would ask. */
  #loadingText({ backfill }: Contest): string {
    if (backfill.phase !== "loading" || backfill.points === 0) return "";
    return this.#speech.say("catchingUp", { count: this.#speech.count(backfill.points) });
  }

  #missedText({ backfill, connection }: Contest): string {
    const { say, explain } = this.#speech;
    if (connection.status.phase !== "connected") return backfill.phase === "waiting" ? "" : say("missedComes");
    return backfill.phase === "failed" ? say("caughtUpFailed", { why: explain(backfill.failure) }) : "";
  }
}

function languages(speech: ContestSpeech, controller: Controller): HTMLElement {
  const choices = LANGUAGES.map((language) => {
    const choice = button(LANGUAGE_NAMES[language], () => controller.choose(language));
    setAttribute(choice, "lang", language);
    setAttribute(choice, "aria-pressed", `${language === speech.language}`);
    return choice;
  });
  const label = connectionSpeech(speech.language).say("language");
  return element("div", { class: "languages", role: "group", "aria-label": label }, ...choices);
}
