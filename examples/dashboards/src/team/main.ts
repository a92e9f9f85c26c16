import "./team.css";

import { open } from "../contest/shell.ts";
import { laneOf } from "./lane.ts";
import { NoLane } from "./no-lane.ts";
import { shownCategory, TeamPage, type Choice } from "./page.ts";
import { WORDS } from "./words.ts";

const page = new URL(window.location.href);
const lane = laneOf(page);
const choice: Choice = { category: null };

void open({
  words: WORDS,
  lanes: lane === null ? [] : [lane],
  testId: "team-name",
  title: (contest, { say }) => {
    if (lane === null) return say("chooseTeam");
    const { nama_tim, alias } = contest.team(shownCategory(choice, contest), lane);
    return nama_tim === "" ? `Tim ${lane}` : `Tim ${lane} - ${nama_tim} (${alias})`;
  },
  view: (contest, controller, speech) =>
    lane === null
      ? new NoLane(speech, page.searchParams.get("lane"))
      : new TeamPage(contest, controller, speech, lane, choice),
});
