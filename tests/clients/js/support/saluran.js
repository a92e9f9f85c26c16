/** The commands of the built broker that end by themselves. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { ROOT, executable } from "./broker.js";
import { DEADLINE } from "./wait.js";

/** What `saluran <words>` prints, with the configuration file that the repository ships and no variable. */
export async function saluran(...words) {
  const options = { cwd: ROOT, env: {}, timeout: DEADLINE, maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(executable(), words, options);
  return stdout;
}
