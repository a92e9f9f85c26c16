/** The words of the judge's page. */

import { judgeEn, type JudgeKey } from "../contest/i18n/judge-en.ts";
import { judgeId } from "../contest/i18n/judge-id.ts";
import type { ContestSpeech, Words } from "../contest/speech.ts";

export type JudgeSpeech = ContestSpeech<JudgeKey>;

export const JUDGE_WORDS: Words<JudgeKey> = { en: judgeEn, id: judgeId };
