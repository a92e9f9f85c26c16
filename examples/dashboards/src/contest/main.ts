import { ContestPage } from "./page.ts";
import { open } from "./shell.ts";

void open<never>({
  words: { en: {}, id: {} },
  lanes: [],
  isHome: true,
  title: (_, { say }) => say("contest"),
  view: (_, controller, speech) => new ContestPage(controller, speech),
});
