/** One language's words and formats, handed to every view. */

import { formatter, type Format } from "../i18n/format.ts";
import { translator, type Language, type Translate } from "../i18n/language.ts";

export interface Speech {
  readonly language: Language;
  readonly say: Translate;
  readonly format: Format;
}

export function speech(language: Language): Speech {
  return { language, say: translator(language), format: formatter(language) };
}
