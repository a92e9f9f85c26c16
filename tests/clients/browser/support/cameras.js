/** The users' and the broker's own camera programs, as processes. */

import { spawn } from "node:child_process";
import { join } from "node:path";

import { executable, HOST, ROOT } from "../../js/support/broker.js";
import { within } from "../../js/support/wait.js";

/** Cameras on all lanes by `saluran simulate`, each point numbered and acknowledged, through any break. */
export function simulated(t, contest, { hertz, seconds }) {
  const place = ["--gateway", `ws://${HOST}:${contest.gateway}/`, "--broker", `${HOST}:${contest.broker.port}`];
  const play = ["simulate", "cameras", "--no-judge", "--json", "--hz", `${hertz}`, "--seconds", `${seconds}`];
  const ended = run(t, executable(), [...play, ...place], {}, seconds);
  return ended.then((text) => JSON.parse(text));
}

/** The users' `simulate_data.py`: ready-made points of all lanes, a run of its own, no questions. */
export function simulateData(t, contest, { interval, seconds }) {
  const script = join(ROOT, "examples/python/camera/simulate_data.py");
  const asked = ["--category", "baja", "--frequency", "1.5", "--interval", `${interval}`, "--seconds", `${seconds}`];
  const place = { PYTHONPATH: join(ROOT, "examples/python"), SALURAN_CAMERA_URL: `ws://${HOST}:${contest.gateway}` };
  return run(t, process.env.SALURAN_PYTHON ?? "python3", [script, ...asked], place, seconds);
}

/** What it has printed when it ends well; more than 20 s after its time is too late. */
function run(t, program, given, environment, seconds) {
  // No more of our own variables: the broker's program refuses those that it does not know.
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(program, given, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill());
  let [said, complained] = ["", ""];
  child.stdout.on("data", (part) => (said += part));
  child.stderr.on("data", (part) => (complained += part));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(said) : reject(new Error(`${given[0]} ended with ${code}: ${complained}`))));
  });
  const waited = within(ended, `${given[0]} ends`, (seconds + 20) * 1000);
  // It may fail while the test waits for something else.
  waited.catch(() => {});
  return waited;
}
