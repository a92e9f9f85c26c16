import "../chart/chart.css";
import "./judge.css";

import { LANES } from "../contest/model.ts";
import { open } from "../contest/shell.ts";
import { JUDGE_WORDS } from "./speech.ts";
import { JudgeView } from "./view.ts";

await open({
  words: JUDGE_WORDS,
  lanes: LANES,
  title: (_, { say }) => say("title"),
  view: (contest, controller, speech) => new JudgeView(contest, controller, speech),
});
