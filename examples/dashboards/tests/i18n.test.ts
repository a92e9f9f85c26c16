import assert from "node:assert/strict";
import { test } from "node:test";

import { en, type Key } from "../src/i18n/en.ts";
import { formatter } from "../src/i18n/format.ts";
import {
  DICTIONARIES,
  LANGUAGES,
  chooseLanguage,
  rememberLanguage,
  statusWord,
  translator,
} from "../src/i18n/language.ts";

const KEYS = Object.keys(en) as Key[];

test("every language has every key, and no other", () => {
  for (const language of LANGUAGES) {
    assert.deepEqual(Object.keys(DICTIONARIES[language]).sort(), [...KEYS].sort(), language);
  }
});

test("no text is empty, and each has the same places for values in every language", () => {
  const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const language of LANGUAGES) {
    for (const key of KEYS) {
      const text = DICTIONARIES[language][key];
      assert.notEqual(text.trim(), "", `${language} ${key}`);
      assert.deepEqual(places(text), places(en[key]), `${language} ${key}`);
    }
  }
});

test("values are put into their places as they are", () => {
  const say = translator("en");
  assert.equal(say("retryIn", { seconds: 4 }), "next attempt in 4 s");
  assert.equal(say("brokerSaid", { message: "a $& {b}" }), "The broker said: a $& {b}");
});

test("known status words are translated, others shown as sent", () => {
  assert.equal(statusWord(translator("id"), "maintenance"), "perawatan");
  assert.equal(statusWord(translator("id"), "sync_requested"), "sync requested");
});

function memoryWith(value: string | null): () => Storage {
  const stored = new Map(value === null ? [] : [["saluran.language", value]]);
  const memory = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, text: string) => void stored.set(key, text),
  };
  return () => memory as unknown as Storage;
}

test("the remembered language wins, then the browser's, then English", () => {
  assert.equal(chooseLanguage(["en-US"], memoryWith("id")), "id");
  assert.equal(chooseLanguage(["fr", "id-ID", "en"], memoryWith(null)), "id");
  assert.equal(chooseLanguage(["en-GB", "id"], memoryWith("tlh")), "en");
  assert.equal(chooseLanguage(["fr"], memoryWith(null)), "en");
  assert.equal(chooseLanguage([], memoryWith(null)), "en");
});

test("a choice is remembered, and a browser without storage does no harm", () => {
  const memory = memoryWith(null);
  rememberLanguage("id", memory);
  assert.equal(chooseLanguage(["en"], memory), "id");
  const blocked = (): Storage => {
    throw new Error("blocked");
  };
  rememberLanguage("id", blocked);
  assert.equal(chooseLanguage(["en"], blocked), "en");
});

test("numbers and times are written as the language writes them", () => {
  const english = formatter("en");
  const indonesian = formatter("id");
  assert.equal(english.percent(45.55), "45.6 %");
  assert.equal(indonesian.percent(45.55), "45,6 %");
  assert.equal(indonesian.count(12345), "12.345");
  assert.match(english.ago(5400), /^5 sec/);
  assert.match(english.ago(61_000), /^1 min/);
  assert.equal(english.ago(-500), "now");
  assert.equal(english.clock(0, "Asia/Jakarta"), "07:00:00");
  assert.equal(english.clock(0, "Mars/Olympus"), null);
  const noon = new Date(2025, 8, 19, 12, 0, 0).getTime();
  assert.equal(english.moment(noon, noon), "12:00:00");
  assert.match(english.moment(noon, noon + 86_400_000), /Sep 19, 2025/);
});
