import assert from "node:assert/strict";
import { test } from "node:test";

import { Book } from "../src/contest/book.ts";
import { Series, type Item, type Row } from "../src/contest/model.ts";
import { FakeContest } from "./fake-contest.ts";

const point = (serial: number, t: number, b = t) => ({ serial, t, a: 0, b, flags: 3 });
const times = (series: Series): number[] => [...series.t.subarray(0, series.count)];

test("points are sorted by time whatever order they come in, and none is there twice", () => {
  const series = new Series("baja", 1, 1.5);
  for (const [serial, t] of [[1, 0], [4, 3], [2, 1], [3, 2], [4, 3], [2, 1]] as const) series.add(point(serial, t));
  assert.deepEqual(times(series), [0, 1, 2, 3]);
  assert.equal(series.add(point(3, 2)), false);
  assert.equal(series.count, 4);
});

test("points of the same instant keep the order they came in", () => {
  const series = new Series("baja", 1, 1.5);
  for (const serial of [1, 2, 3]) series.add(point(serial, 5, serial));
  assert.deepEqual([...series.b.subarray(0, 3)], [1, 2, 3]);
});

test("maximum and mean are of |value|, the last value keeps its sign", () => {
  const series = new Series("baja", 1, 1.5);
  assert.deepEqual([series.max, series.mean, series.last], [0, 0, null]);
  for (const [serial, b] of [[1, 3], [2, -7], [3, -2]] as const) series.add(point(serial, serial, b));
  assert.deepEqual([series.max, series.mean, series.last], [7, 4, -2]);
});

test("a late point does not become the last", () => {
  const series = new Series("baja", 1, 1.5);
  for (const [serial, t] of [[1, 1], [2, 9], [3, 4]] as const) series.add(point(serial, t, t));
  assert.equal(series.last, 9);
});

test("a series grows past its first size and loses nothing", () => {
  const series = new Series("baja", 1, 1.5);
  for (let serial = 5000; serial > 0; serial -= 1) series.add(point(serial, serial / 100));
  assert.equal(series.count, 5000);
  const all = times(series);
  assert.equal(all.every((t, at) => at === 0 || t > (all[at - 1] ?? 0)), true);
});

test("each change of a series raises its version, a repeated point does not", () => {
  const series = new Series("baja", 1, 1.5);
  series.add(point(1, 0));
  const before = series.version;
  series.add(point(1, 0));
  assert.equal(series.version, before);
  series.reset(2);
  assert.notEqual(series.version, before);
});

function rowsOf(items: readonly Item[]): Row[] {
  return items.map((item) => [item.serial, item.laptop_id, item.session_id, item.relative_seconds, item.dista, item.distb, 3, item.timestamp_ms]);
}

test("a new run of a frequency takes the place of the one before in all lanes", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  for (const lane of [1, 2] as const) book.take(contest.measure(lane, 10, 1));
  contest.stop();
  contest.start("baja", 1.5);
  book.take(contest.measure(1, 20, 1));
  assert.equal(book.series("baja", 1, 1.5).max, 20);
  assert.equal(book.series("baja", 2, 1.5).count, 0);
});

test("a point of a run that is over does not bring it back", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  const late = contest.measure(1, 10, 1);
  contest.stop();
  contest.start("baja", 1.5);
  book.take(contest.measure(1, 20, 1));
  book.take(late);
  assert.equal(book.series("baja", 1, 1.5).count, 1);
  assert.equal(book.shown("baja", 1.5), 2);
});

test("both categories of a lane are kept side by side", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  book.take(contest.measure(3, 10, 1));
  contest.stop();
  contest.start("beton", 1.5);
  book.take(contest.measure(3, 30, 1));
  assert.equal(book.series("baja", 3, 1.5).max, 10);
  assert.equal(book.series("beton", 3, 1.5).max, 30);
});

test("a point outside a run is the lane's newest, and in no series", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  book.take(contest.measure(2, 12));
  assert.equal(book.newest(2)?.distb, 12);
  assert.equal(book.series("baja", 2, 1.5).count, 0);
});

test("an older point does not become the newest again", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  const [old, young] = [contest.measure(2, 1), contest.measure(2, 2)];
  book.take({ ...young, timestamp_ms: old.timestamp_ms + 100 });
  book.take(old);
  assert.equal(book.newest(2)?.distb, 2);
});

test("a broker whose clock was set back is still believed", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  const [before, after] = [contest.measure(2, 1), contest.measure(2, 2)];
  book.take(before);
  book.take({ ...after, timestamp_ms: before.timestamp_ms - 3_600_000 });
  assert.equal(book.newest(2)?.distb, 2);
});

test("while frozen nothing moves, and afterwards nothing is missing", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  book.take(contest.measure(1, 10, 1));
  book.freeze();
  for (const t of [2, 3]) book.take(contest.measure(1, 50, t));
  const series = book.series("baja", 1, 1.5);
  assert.deepEqual([series.count, book.newest(1)?.distb, book.held], [1, 10, 2]);
  assert.equal(book.unfreeze(), true);
  assert.deepEqual([series.count, book.newest(1)?.distb, book.held], [3, 50, 0]);
});

test("a run that begins while frozen leaves the picture alone until its points are shown", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  book.take(contest.measure(1, 10, 1));
  contest.stop();
  book.freeze();
  book.begin(contest.start("baja", 1.5));
  book.take(contest.measure(1, 99, 1));
  assert.equal(book.series("baja", 1, 1.5).max, 10);
  book.unfreeze();
  assert.equal(book.series("baja", 1, 1.5).max, 99);
});

test("what is held back too long is said to be incomplete", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  const item = contest.measure(1, 1);
  book.freeze();
  for (let serial = 0; serial <= 100_000; serial += 1) book.take({ ...item, serial });
  assert.equal(book.held, 100_000);
  assert.equal(book.unfreeze(), false);
  book.freeze();
  assert.equal(book.unfreeze(), true);
});

test("rows of the broker and live points meet without gap or double", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  const items = Array.from({ length: 10 }, (_, at) => contest.measure(1, at, at));
  for (const item of items.slice(6)) book.take(item);
  book.merge({ category: "baja", frequency: 1.5, run: 1 }, rowsOf(items.slice(0, 8)));
  assert.deepEqual(times(book.series("baja", 1, 1.5)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("replaced points are those of the broker and those that came since it was asked", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  const [cleared, kept, since] = [contest.measure(1, 1, 1), contest.measure(1, 2, 2), contest.measure(1, 3, 3)];
  book.take(cleared);
  book.recall();
  book.take(since);
  book.replace({ category: "baja", frequency: 1.5, run: 1 }, rowsOf([kept]));
  book.recalled();
  assert.deepEqual(times(book.series("baja", 1, 1.5)), [2, 3]);
});

test("what is cleared goes from the series and from what is held back", () => {
  const [book, contest] = [new Book(), new FakeContest()];
  contest.start("baja", 1.5);
  for (const lane of [1, 2] as const) book.take(contest.measure(lane, 5, 1));
  book.freeze();
  for (const lane of [1, 2] as const) book.take(contest.measure(lane, 6, 2));
  book.drop(({ lane }) => lane === 1);
  book.unfreeze();
  assert.equal(book.series("baja", 1, 1.5).count, 0);
  assert.equal(book.newest(1), null);
  assert.equal(book.series("baja", 2, 1.5).count, 2);
});
