/** Which language the page speaks, and what it remembers of that. */

import { en, type Dictionary, type Key } from "./en.ts";
import { id } from "./id.ts";

export const LANGUAGES = ["id", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  id: "Indonesia",
  en: "English",
};

export const DICTIONARIES: Readonly<Record<Language, Dictionary>> = { id, en };

/** The part of `localStorage` that is used; a browser may refuse any of it. */
export type Memory = Pick<Storage, "getItem" | "setItem">;

const MEMORY_KEY = "saluran.language";

/** The remembered choice, else the first of the browser's languages that we speak, else English. */
export function chooseLanguage(preferred: readonly string[], memory: () => Memory): Language {
  const wished = [remembered(memory), ...preferred.map((tag) => tag.slice(0, 2).toLowerCase())];
  return LANGUAGES.find((language) => language === wished.find(spoken)) ?? "en";
}

export function rememberLanguage(language: Language, memory: () => Memory): void {
  try {
    memory().setItem(MEMORY_KEY, language);
  } catch {
    // Storage is blocked or full: the choice lasts as long as the page.
  }
}

function remembered(memory: () => Memory): string | null {
  try {
    return memory().getItem(MEMORY_KEY);
  } catch {
    return null;
  }
}

function spoken(tag: string | null): boolean {
  return LANGUAGES.some((language) => language === tag);
}

export type Values = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, values?: Values) => string;

export function translator(language: Language): Translate {
  const dictionary = DICTIONARIES[language];
  return (key, values = {}) =>
    dictionary[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
}

/** Status words come from senders; those we do not know are shown as they are. */
export function statusWord(translate: Translate, status: string): string {
  const key = `status_${status}`;
  return key in en ? translate(key as Key) : status.replaceAll("_", " ");
}
