import "./styles/page.css";

import { App } from "./app.ts";
import { addressOf, findKey } from "./feed/address.ts";
import { chooseLanguage } from "./i18n/language.ts";

const memory = (): Storage => window.localStorage;
const page = new URL(window.location.href);
const root = document.querySelector<HTMLElement>("#page");

if (root !== null) {
  const key = await findKey(page, window.fetch.bind(window));
  const language = chooseLanguage(navigator.languages, memory);
  new App(root, addressOf(page, key), language, memory).start();
}
