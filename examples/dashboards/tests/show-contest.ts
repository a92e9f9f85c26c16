/**
 * Serves the built pages with a contest that goes on by itself, to look at:
 *
 *     npm test && npm run build && node build/tests/show-contest.js 6010 [hertz]
 *
 * then open http://127.0.0.1:6010/contest/#token=anything
 */

import { FREQUENCIES, LANES } from "../src/contest/model.ts";
import { FakeBroker } from "./fake-broker.ts";

const [port = "6010", hertz = "10", folder = "dist"] = process.argv.slice(2);
const broker = new FakeBroker(folder);
const { contest } = broker;

function vibration(lane: number, seconds: number, frequency: number): number {
  const size = (20 + lane * 13) * Math.exp(-((seconds - 30) ** 2) / 800);
  return size * Math.sin(2 * Math.PI * frequency * seconds) + lane * Math.sin(seconds * 31.7 + lane);
}

for (const frequency of FREQUENCIES.slice(0, 3)) {
  contest.start("baja", frequency, 61_000);
  for (let t = 0; t < 60; t += 1 / Number(hertz)) {
    for (const lane of LANES.slice(0, 7)) contest.measure(lane, vibration(lane, t, frequency), t);
  }
  contest.stop(frequency === 3.5);
}
const url = await broker.listen(Number(port));
broker.publishState();
process.stdout.write(`${url.href}contest/#token=anything\n`);

const began = Date.now();
setInterval(() => {
  const { running } = contest;
  if (running !== null && Date.now() - running.started_at_ms > 60_000) {
    contest.stop();
    broker.publishState();
  }
  const t = (Date.now() - (running?.started_at_ms ?? began)) / 1000;
  if (contest.isSaving) for (const lane of LANES.slice(0, 7)) broker.measure(lane, vibration(lane, t, running?.frequency ?? 1));
}, 1000 / Number(hertz));
setInterval(() => broker.publishLanes(), 1000);
