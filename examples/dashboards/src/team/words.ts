/** The team page needs no words but the shared ones. */

import type { Words } from "../contest/speech.ts";

export const WORDS: Words<never> = { en: {}, id: {} };
