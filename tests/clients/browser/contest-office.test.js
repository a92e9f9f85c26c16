/** What a judge does between runs: the next frequency, files, teams, the self-test; and the lights of the lanes. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";

import { until } from "../js/support/wait.js";
import { BEAMER, context, Hall } from "./support/hall.js";

/** By the first line of each; Excel's own files begin as any ZIP file does. */
const FILES = {
  realtime: [
    /^realtime_data_\d{4}-\d\d-\d\d_\d{6}\.csv$/,
    "Laptop_ID,Team_Name,Category,Timestamp,Realtime_Disp_Puncak_mm,Max_Disp_Puncak_mm,Avg_Disp_Puncak_mm_per_s,Frequency_Hz",
  ],
  session: [
    /^session_data_\d{4}-\d\d-\d\d_\d{6}\.csv$/,
    "Laptop_ID,Team_Name,Category,Waktu_Detik,Avg_Disp_Puncak_mm_per_s,Max_Disp_Puncak_mm,Realtime_Disp_Puncak_mm,Frequency_Hz,Started_At,Stopped_At",
  ],
  points: [/\.csv$/, "serial,"],
  ranking: [/\.xlsx$/, "PK"],
};

describe("between runs", () => {
  const whole = context();
  let hall;
  let judge;

  before(async () => {
    hall = await Hall.open(whole, { SALURAN_CONTEST_RUN: "4s" });
    judge = await hall.judge();
  });
  after(() => whole.end());

  test("a run that ends by its time offers the next frequency, and nothing waits for the answer", async () => {
    await judge.click("start");
    await judge.says("status", "Recording");
    await hall.contest.film(20, 20, [1]);
    await judge.says("ended", "Run finished");
    await judge.says("status", "Stopped");
    await judge.says("chart-1.5", "done, 4 s");
    await judge.click("next-frequency");
    await judge.says("run", "2.5 Hz");
    assert.equal((await hall.contest.state()).frequency, 2.5);
    await judge.shows(20, "1.5");
  });

  for (const [name, [title, first]] of Object.entries(FILES)) {
    test(`the button gives the file: ${name}`, async () => {
      const [download] = await Promise.all([judge.page.waitForEvent("download"), judge.click(`export-${name}`)]);
      assert.match(download.suggestedFilename(), title);
      const content = await readFile(await download.path(), "latin1");
      assert.equal(content.slice(0, first.length), first);
      await judge.says("notice", `${download.suggestedFilename()} is in your downloads.`);
    });
  }

  test("a team's own file, from its page", async (t) => {
    const team = await hall.sit(hall.contest.page("team/?lane=1", "viewer"), {}, t);
    await team.shows(20);
    const [download] = await Promise.all([team.page.waitForEvent("download"), team.click("export-team")]);
    const lines = (await readFile(await download.path(), "utf8")).split("\n");
    assert.ok(lines.length > 20, `${lines.length} lines`);
  });

  test("a team's new name is on all pages, from the form and from a file", async (t) => {
    const [second, team] = await Promise.all([
      hall.sit(hall.contest.page("judge/", "judge"), BEAMER, t),
      hall.sit(hall.contest.page("team/?lane=2", "viewer"), {}, t),
    ]);
    await judge.click("teams");
    await judge.at("team-A-2").fill("Politeknik Baru_Tim \"Baru\", kedua");
    await judge.click("teams-save");
    await judge.says("notice", "Team list saved.");
    for (const seat of [judge, second]) await seat.says("stats-row-2", 'Tim "Baru", kedua');
    await team.says("team-name", 'Tim 2 - Politeknik Baru_Tim "Baru", kedua (A-2)');

    await judge.click("teams");
    const buffer = Buffer.from("laptop_id,category,nama_tim\n2,baja,Kampus_Dari Berkas\n");
    await judge.at("teams-file").setInputFiles({ name: "teams.csv", mimeType: "text/csv", buffer });
    await team.says("team-name", "Tim 2 - Kampus_Dari Berkas (A-2)");
    await second.says("stats-row-2", "Dari Berkas");
  });

  test("the self-test goes all the way, and says what each step took", async () => {
    await judge.click("self-test");
    await judge.says("notice", "Self-test passed.");
    for (const step of ["Journal on disk", "Database", "Channels to the pages", "Camera gateway"]) {
      await judge.page.locator("li", { hasText: step }).filter({ hasText: "ms" }).first().waitFor();
    }
  });

  test("a lane's light: alive, marker lost, then silent again", async () => {
    const is = (lane, kind) => {
      const light = judge.at(`lane-light-${lane}`);
      return until(async () => (await light.getAttribute("data-light")) === kind, `lane ${lane} is ${kind}`);
    };
    await is(8, "away");
    const filming = hall.contest.film(10, 30, [8]);
    await is(8, "alive");
    await filming;
    await hall.contest.point(8, 1, { is_b_detected: false });
    await is(8, "markerLost");
    await is(8, "away");
  });
});
