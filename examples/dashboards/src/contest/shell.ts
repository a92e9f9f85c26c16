/**
 * What all pages of the contest have around their content: heading, connection, sign-in, language. Start
 * reading here: a page calls `open` with its words and its view, and gets a `Contest` to draw.
 */

import "./contest.css";

import { addressOf, findKey, type Address } from "../feed/address.ts";
import { chooseLanguage, rememberLanguage, type Language } from "../i18n/language.ts";
import { Announcer } from "../view/announcer.ts";
import { rememberedToken, rememberToken, tokenIn } from "./access.ts";
import { channelsOf } from "./channels.ts";
import { Desk } from "./desk.ts";
import { Frame } from "./frame.ts";
import type { Contest, Controller, News, View } from "./model.ts";
import { contestSpeech, type ContestSpeech, type Words } from "./speech.ts";
import { spoken } from "./spoken.ts";
import type { Lane } from "./wire.ts";

/** Timers and ages move by themselves. */
const TICK = 200;

export interface PageKind<Key extends string> {
  readonly words: Words<Key>;
  /** The lanes whose points the page draws. */
  readonly lanes: readonly Lane[];
  /** Heading and title of the window. */
  title(contest: Contest, speech: ContestSpeech<Key>): string;
  view(contest: Contest, controller: Controller, speech: ContestSpeech<Key>): View;
  /** The heading's `data-testid`. */
  readonly testId?: string;
  /** The page that lists all others has no link to itself. */
  readonly isHome?: boolean;
}

const storage = (): Storage => window.localStorage;

/** A viewer's link that is opened in another tab must not make a judge's tab a viewer's with its next reload. */
const TOKENS = [(): Storage => window.sessionStorage, storage] as const;

/** Opens the page in `#page`. Call it once. */
export async function open<Key extends string>(kind: PageKind<Key>): Promise<void> {
  const linked = takeToken();
  const here = new URL(window.location.href);
  const root = new URL("../", here);
  const asked = here.searchParams.get("key");
  const named = new URL(asked === null ? "./" : `./?key=${encodeURIComponent(asked)}`, root);
  const key = await findKey(named, window.fetch.bind(window));
  const shell = new Shell(kind, root, key, chooseLanguage(navigator.languages, storage));
  shell.start(linked ?? rememberedToken(...TOKENS));
  // A link to the page that is already open changes nothing but what is after the `#`.
  window.addEventListener("hashchange", () => {
    const token = takeToken();
    if (token !== null) shell.start(token);
  });
}

/** Takes a link's token off the address: those are shown on projectors and kept in histories. */
function takeToken(): string | null {
  const linked = tokenIn(new URL(window.location.href));
  if (linked === null) return null;
  rememberToken(linked.token, ...TOKENS);
  window.history.replaceState(null, "", linked.rest);
  return linked.token;
}

class Shell<Key extends string> {
  readonly #kind: PageKind<Key>;
  readonly #address: Address;
  readonly #desk: Desk;
  readonly #announcer = new Announcer();
  #speech: ContestSpeech<Key>;
  #frame: Frame | null = null;
  #view: View | null = null;
  #request: number | null = null;

  constructor(kind: PageKind<Key>, root: URL, key: string, language: Language) {
    this.#kind = kind;
    this.#speech = contestSpeech(language, kind.words);
    this.#address = addressOf(root, key);
    const place = { address: this.#address, root, lanes: kind.lanes };
    this.#desk = new Desk(place, Object.keys(channelsOf(kind.lanes)).length, {
      changed: () => this.#draw(),
      news: (news) => this.#news(news),
      choose: (language) => this.#choose(language),
      remember: (token) => rememberToken(token, ...TOKENS),
      save,
    });
    this.#expose(root);
  }

  start(token: string | null): void {
    this.#desk.open(token);
    if (this.#view !== null) return;
    this.#build();
    setInterval(() => this.#draw(), TICK);
  }

  #build(): void {
    this.#view?.close?.();
    const { known } = this.#desk;
    const view = this.#kind.view(known, this.#desk, this.#speech);
    this.#view = view;
    const { testId = "title", isHome = false } = this.#kind;
    this.#frame = new Frame(this.#speech, this.#address, this.#desk, { elements: view.elements, testId, isHome });
    document.documentElement.lang = this.#speech.language;
    document.querySelector("#page")?.replaceChildren(...this.#frame.elements, this.#announcer.element);
    this.#show();
  }

  #choose(language: Language): void {
    rememberLanguage(language, storage);
    this.#speech = contestSpeech(language, this.#kind.words);
    this.#build();
    // The pressed button is gone with the old page; its successor takes the keyboard over.
    document.querySelector<HTMLElement>(`.languages button[lang="${language}"]`)?.focus();
  }

  #news(news: readonly News[]): void {
    for (const one of news) {
      this.#view?.happened?.(one);
      this.#announcer.say(spoken(one, this.#speech));
    }
  }

  /** Once a frame at most, however many points come; not at all while the page is hidden. */
  #draw(): void {
    if (this.#view === null) return;
    this.#request ??= requestAnimationFrame(() => {
      this.#request = null;
      this.#show();
    });
  }

  #show(): void {
    const { known } = this.#desk;
    const title = this.#kind.title(known, this.#speech);
    if (document.title !== title) document.title = title;
    this.#frame?.show(known, title, Date.now());
    this.#view?.show(known);
  }

  /** For people who look in the console: `ws.readyState`, as the users' old pages had it. */
  #expose(root: URL): void {
    const desk = this.#desk;
    const url = new URL("app", root).href.replace(/^http/, "ws");
    const ws = Object.freeze({
      url,
      get readyState(): number {
        return desk.readyState;
      },
    });
    Object.defineProperty(window, "ws", { value: ws, configurable: true });
  }
}

/** The browser needs the content until it has written it; nobody tells when that is. */
const SAVE_LIMIT = 60_000;

function save(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVE_LIMIT);
}
