/** Holds the page's state, and passes on what the broker and the person at the page do. */

import type { Address } from "./feed/address.ts";
import { CATALOGUE, CHANNELS, type ChannelName, type EventName } from "./feed/catalogue.ts";
import { Feed, type Listener } from "./feed/feed.ts";
import type { Reason, Status } from "./feed/status.ts";
import { rememberLanguage, type Language, type Memory } from "./i18n/language.ts";
import type { Dashboard } from "./state/model.ts";
import { EMPTY, reduce } from "./state/reduce.ts";
import { Announcer } from "./view/announcer.ts";
import { stateWord, type Connection } from "./view/connection.ts";
import { news } from "./view/news.ts";
import { Page } from "./view/page.ts";
import { speech, type Speech } from "./view/speech.ts";

const CLOCK_TICK = 1000;
/** Between two draws: on a slow device a draw for each event leaves no time to take the next one. */
const DRAW_PAUSE = 100;

export class App implements Listener<ChannelName, EventName> {
  readonly #root: HTMLElement;
  readonly #address: Address;
  readonly #memory: () => Memory;
  readonly #announcer = new Announcer();
  readonly #ready = new Set<ChannelName>();
  #speech: Speech;
  #page: Page;
  #feed: Feed<ChannelName, EventName> | null = null;
  #dashboard: Dashboard = EMPTY;
  #connection: Connection = { status: { phase: "connecting", again: false }, ready: 0, all: CHANNELS.length, refused: null };
  #isDrawing = false;

  constructor(root: HTMLElement, address: Address, language: Language, memory: () => Memory) {
    this.#root = root;
    this.#address = address;
    this.#memory = memory;
    this.#speech = speech(language);
    this.#page = this.#open();
  }

  start(): void {
    this.#feed = new Feed(this.#address, CATALOGUE, this);
    setInterval(() => this.#draw(), CLOCK_TICK);
  }

  status(status: Status): void {
    if (status.phase !== this.#connection.status.phase) {
      this.#announcer.say(stateWord(status, this.#speech));
    }
    this.#ready.clear();
    this.#connection = { ...this.#connection, status, ready: 0, refused: null };
    this.#draw();
  }

  subscribed(channel: ChannelName): void {
    this.#ready.add(channel);
    this.#connection = { ...this.#connection, ready: this.#ready.size };
    this.#draw();
  }

  refused(reason: Reason): void {
    this.#connection = { ...this.#connection, refused: reason };
    this.#draw();
  }

  event(event: EventName, data: unknown): void {
    const before = this.#dashboard;
    this.#dashboard = reduce(before, event, data, Date.now());
    this.#announcer.say(...news(before, this.#dashboard, this.#speech.say));
    this.#draw();
  }

  #open(): Page {
    const page = new Page(this.#speech, this.#address, {
      retry: () => this.#feed?.retry(),
      choose: (language) => this.#choose(language),
    });
    document.documentElement.lang = this.#speech.language;
    document.title = this.#speech.say("title");
    this.#root.replaceChildren(...page.elements, this.#announcer.element);
    page.show(this.#dashboard, this.#connection, Date.now());
    return page;
  }

  #choose(language: Language): void {
    rememberLanguage(language, this.#memory);
    this.#speech = speech(language);
    this.#page = this.#open();
    // The pressed button is gone with the old page; its successor takes the keyboard over.
    this.#root.querySelector<HTMLElement>(`button[lang="${language}"]`)?.focus();
  }

  /** Ten times a second at most, however many events come; not at all while the page is hidden. */
  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    setTimeout(() => {
      requestAnimationFrame(() => {
        this.#isDrawing = false;
        this.#page.show(this.#dashboard, this.#connection, Date.now());
      });
    }, DRAW_PAUSE);
  }
}
