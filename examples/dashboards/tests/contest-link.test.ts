import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { addressOf } from "../src/feed/address.ts";
import { channelsOf } from "../src/contest/channels.ts";
import { Client } from "../src/contest/client.ts";
import { Known } from "../src/contest/known.ts";
import { Link } from "../src/contest/link.ts";
import { LANES, type Lane, type News } from "../src/contest/model.ts";
import { FakeBroker } from "./fake-broker.ts";

const PATIENCE = 10_000;

/** Waits for a condition, which is looked at again after each event of the page and now and then. */
async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Visit {
  readonly broker: FakeBroker;
  readonly known: Known;
  readonly link: Link;
  readonly news: News[];
  readonly denials: number[];
}

async function visit(t: TestContext, lanes: readonly Lane[], prepare: (broker: FakeBroker) => void): Promise<Visit> {
  const broker = new FakeBroker();
  const root = await broker.listen();
  prepare(broker);
  broker.publishState();
  const known = new Known(Object.keys(channelsOf(lanes)).length, () => performance.now());
  const [news, denials]: [News[], number[]] = [[], []];
  const ear = {
    changed: () => {},
    granted: () => {},
    news: (heard: readonly News[]) => news.push(...heard),
    denied: (status: number) => denials.push(status),
  };
  const client = new Client(root, () => "token", fetch);
  const authorization = { endpoint: new URL("broadcasting/auth", root).href, token: () => "token" };
  const parts = { known, client, ear, local: () => performance.now() };
  const link = new Link(addressOf(root, "key"), lanes, authorization, parts);
  t.after(async () => {
    link.close();
    await broker.close();
  });
  return { broker, known, link, news, denials };
}

const settled = ({ known }: Visit): Promise<void> => until(() => known.backfill.phase === "done", "caught up");

/** `count` points of each lane, a tenth of a second apart, from second `first` on. */
function record(broker: FakeBroker, lanes: readonly Lane[], first: number, count: number): void {
  for (let at = 0; at < count; at += 1) for (const lane of lanes) broker.measure(lane, at % 10, first + at / 10);
}

test("a page opened in the middle of a run has all of it", async (t) => {
  const page = await visit(t, LANES, (broker) => {
    broker.contest.start("baja", 2.5);
    record(broker, LANES, 0, 300);
  });
  await settled(page);
  record(page.broker, LANES, 30, 20);
  await until(() => LANES.every((lane) => page.known.series("baja", lane, 2.5).count === 320), "all points");
});

test("what comes while the page is away is there afterwards, once", async (t) => {
  const page = await visit(t, [1, 2], (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, [1, 2], 0, 50);
  });
  await settled(page);
  page.broker.cut();
  record(page.broker, [1, 2], 5, 50);
  await until(() => page.known.connection.status.phase !== "connected", "noticed");
  await until(() => page.broker.subscriptions === 6, "back");
  record(page.broker, [1, 2], 10, 50);
  await until(() => page.known.series("baja", 1, 1.5).count === 150 && page.known.series("baja", 2, 1.5).count === 150, "all");
  const series = page.known.series("baja", 2, 1.5);
  const times = [...series.t.subarray(0, series.count)];
  assert.deepEqual(times, [...times].sort((one, other) => one - other));
});

test("after a break without changes only what is new is fetched", async (t) => {
  const page = await visit(t, [1], (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, [1], 0, 2500);
  });
  await settled(page);
  page.broker.requests.length = 0;
  page.broker.cut();
  await until(() => page.broker.requests.some((request) => request.includes("points?session_id=1&laptop_id=1&after=500&")), "from the mark");
});

test("each frequency shows its latest run that has points", async (t) => {
  const page = await visit(t, [1], ({ contest }) => {
    contest.start("baja", 1.5);
    contest.measure(1, 11, 1);
    contest.stop();
    contest.start("baja", 1.5);
    contest.measure(1, 22, 1);
    contest.stop();
    contest.start("baja", 1.5);
    contest.stop();
    contest.start("beton", 5.5);
    contest.measure(1, 55, 1);
    contest.stop();
  });
  await settled(page);
  assert.equal(page.known.series("baja", 1, 1.5).max, 22);
  assert.equal(page.known.series("beton", 1, 5.5).max, 55);
});

test("a lane without a camera in the latest run shows no older one", async (t) => {
  const page = await visit(t, [2], ({ contest }) => {
    contest.start("baja", 1.5);
    contest.measure(2, 11, 1);
    contest.stop();
    contest.start("baja", 1.5);
    contest.measure(1, 22, 1);
    contest.stop();
  });
  await settled(page);
  assert.equal(page.known.series("baja", 2, 1.5).count, 0);
});

test("a run that is cleared goes at once, the one before comes back, and undo brings it again", async (t) => {
  const page = await visit(t, [1], ({ contest }) => {
    contest.start("baja", 1.5);
    contest.measure(1, 11, 1);
    contest.stop();
    contest.start("baja", 1.5);
    contest.measure(1, 22, 1);
    contest.stop();
  });
  await settled(page);
  const { known, broker, news } = page;
  const series = known.series("baja", 1, 1.5);
  const cleared = broker.contest.clear({ scope: "run", session_id: 2, laptop_id: null, category: "baja" });
  broker.publish("private-session", "clear-data", { message: "", ...cleared });
  broker.publishState();
  await until(() => series.max === 11, "the run before");
  const undone = broker.contest.takeBack(cleared.clear_id);
  broker.publish("private-session", "clear-undone", undone);
  broker.publishState();
  await until(() => series.max === 22, "the cleared run again");
  assert.deepEqual(news.map(({ kind }) => kind), ["cleared", "undone"]);
});

test("a run that ends without a point gives way to the one before, and a page that opens then shows the same", async (t) => {
  const page = await visit(t, [1], ({ contest }) => {
    contest.start("baja", 1.5);
    contest.measure(1, 11, 1);
    contest.stop();
  });
  await settled(page);
  const { known, broker } = page;
  const series = known.series("baja", 1, 1.5);
  broker.contest.start("baja", 1.5);
  broker.publishState();
  await until(() => series.count === 0, "empty while it goes on");
  broker.contest.stop();
  broker.publishState();
  await until(() => series.run === 1 && series.max === 11, "the run before");
});

test("one lane is cleared, the others stay", async (t) => {
  const page = await visit(t, LANES, (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, LANES, 0, 5);
  });
  await settled(page);
  const { known, broker } = page;
  broker.requests.length = 0;
  const cleared = broker.contest.clear({ scope: "lane", session_id: null, laptop_id: 3, category: null });
  broker.publish("private-session", "clear-data", { message: "", ...cleared });
  broker.publishState();
  await until(() => known.series("baja", 3, 1.5).count === 0, "lane 3 gone");
  await until(() => broker.requests.some((request) => request.includes("points?session_id=1&after=0")), "asked again");
  await settled(page);
  assert.equal(known.series("baja", 3, 1.5).count, 0);
  assert.equal(known.series("baja", 4, 1.5).count, 5);
});

test("a clear that happened while the page was away is seen afterwards", async (t) => {
  const page = await visit(t, [1], (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, [1], 0, 5);
    broker.contest.stop();
  });
  await settled(page);
  page.broker.cut();
  page.broker.contest.clear({ scope: "all", session_id: null, laptop_id: null, category: null });
  page.broker.publishState();
  await until(() => page.known.series("baja", 1, 1.5).count === 0, "gone");
});

test("while frozen the picture stands still, and a break in between changes nothing of that", async (t) => {
  const page = await visit(t, [1], (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, [1], 0, 5);
  });
  await settled(page);
  const { known, broker } = page;
  const series = known.series("baja", 1, 1.5);
  broker.contest.isFrozen = true;
  broker.contest.revision += 1;
  broker.publishState();
  await until(() => known.state?.frozen === true, "frozen");
  record(broker, [1], 1, 5);
  broker.cut();
  await until(() => known.connection.status.phase !== "connected", "noticed");
  record(broker, [1], 2, 5);
  await until(() => known.connection.ready === known.connection.all, "back");
  record(broker, [1], 3, 5);
  await until(() => known.heldBack > 0, "held back");
  assert.equal(series.count, 5);
  broker.contest.isFrozen = false;
  broker.contest.revision += 1;
  broker.publishState();
  await until(() => series.count === 20, "all of it");
});

test("a run that somebody else starts and stops is followed, with its news", async (t) => {
  const page = await visit(t, [1], () => {});
  await settled(page);
  const { known, broker, news } = page;
  broker.contest.start("beton", 4.5);
  broker.publishState();
  await until(() => known.state?.session?.frequency === 4.5, "started");
  broker.contest.stop(true);
  broker.publishState();
  await until(() => known.state?.session === null, "stopped");
  assert.deepEqual(news.map(({ kind }) => kind), ["started", "category", "ended"]);
});

test("a broker that does not know the token says so, and one that is ill is asked again", async (t) => {
  const page = await visit(t, [1], (broker) => {
    broker.status = 401;
  });
  await until(() => page.denials.includes(401), "turned away");
  page.broker.status = 503;
  await page.link.refresh();
  assert.equal(page.known.reachable, true);
  page.broker.status = 0;
  page.broker.contest.start("baja", 1.5);
  page.broker.measure(1, 7, 1);
  page.link.retry();
  await until(() => page.known.series("baja", 1, 1.5).max === 7, "well again");
});

test("points that cannot be fetched are asked for again", async (t) => {
  const page = await visit(t, [1], (broker) => {
    broker.contest.start("baja", 1.5);
    record(broker, [1], 0, 5);
  });
  await settled(page);
  page.broker.status = 503;
  page.broker.contest.takeBack(1);
  page.broker.publish("private-session", "clear-undone", { clear_id: 1, scope: "all", session_id: null, laptop_id: null, category: null });
  await until(() => page.known.backfill.phase === "failed", "failed");
  page.broker.status = 0;
  await settled(page);
});

test("what is not a point, a state or a report changes nothing", async (t) => {
  const page = await visit(t, [1], () => {});
  await settled(page);
  const { broker, known } = page;
  for (const nonsense of [null, 5, "text", {}, { laptop_id: 1 }, { revision: 99 }, []]) {
    broker.publish("private-session", "state", nonsense);
    broker.publish("private-lanes", "lanes", nonsense);
    broker.publish("private-measurements.baja.1", "new-data", nonsense);
  }
  broker.contest.start("baja", 1.5);
  broker.measure(1, 3, 1);
  broker.publishState();
  await until(() => known.series("baja", 1, 1.5).count === 1 && known.state?.session !== null, "what makes sense");
});
