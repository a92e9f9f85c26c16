/** Title, connection and language. */

import { LANGUAGES, LANGUAGE_NAMES, type Language } from "../i18n/language.ts";
import { button, element, setAttribute } from "./dom.ts";
import type { Speech } from "./speech.ts";

export function header(
  speech: Speech,
  connection: HTMLElement,
  choose: (language: Language) => void,
): HTMLElement {
  return element(
    "header",
    { class: "top" },
    element("h1", {}, speech.say("title")),
    connection,
    languageSwitch(speech, choose),
  );
}

function languageSwitch(speech: Speech, choose: (language: Language) => void): HTMLElement {
  const choices = LANGUAGES.map((language) => {
    const choice = button(LANGUAGE_NAMES[language], () => choose(language));
    setAttribute(choice, "lang", language);
    setAttribute(choice, "aria-pressed", `${language === speech.language}`);
    return choice;
  });
  return element(
    "div",
    { class: "languages", role: "group", "aria-label": speech.say("language") },
    ...choices,
  );
}
