/** One language's words and formats for the contest's pages. Pure. */

import type { Language, Values } from "../i18n/language.ts";
import { en, type SharedKey } from "./i18n/en.ts";
import { id } from "./i18n/id.ts";
import type { Failure } from "./model.ts";

/** A page's own words, in each language. */
export type Words<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;

export interface ContestSpeech<Key extends string = never> {
  readonly language: Language;
  say(key: Key | SharedKey, values?: Values): string;
  /** `1.23 mm`, as the contest writes it in both languages. */
  mm(value: number): string;
  /** `01:07` */
  clock(milliseconds: number): string;
  count(value: number): string;
  /** What went wrong, as a sentence. */
  explain(failure: Failure): string;
}

const SHARED: Words<SharedKey> = { en, id };

export function contestSpeech<Key extends string>(language: Language, words: Words<Key>): ContestSpeech<Key> {
  const dictionary: Readonly<Record<string, string>> = { ...SHARED[language], ...words[language] };
  const counts = new Intl.NumberFormat(language);
  const say = (key: Key | SharedKey, values: Values = {}): string =>
    (dictionary[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  return {
    language,
    say,
    mm: (value) => `${value.toFixed(2)} mm`,
    clock,
    count: (value) => counts.format(value),
    explain: (failure) => {
      const key = failureKey(failure);
      if (key !== "failed_other" || failure.message === "") return say(key, { status: failure.status });
      return failure.message;
    },
  };
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const two = (value: number): string => `${value}`.padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

/** The codes that a person can do something about; others come with the broker's own sentence. */
function failureKey({ status, reason }: Failure): SharedKey {
  const byReason = `failed_${reason}`;
  if (byReason in en) return byReason as SharedKey;
  const byStatus = `failed_${status}`;
  return byStatus in en ? (byStatus as SharedKey) : "failed_other";
}
