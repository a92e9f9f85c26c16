import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { ROOT } from "./support/broker.js";
import { saluran } from "./support/saluran.js";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const COMPILER = join(HERE, "node_modules/.bin/tsc");
const DEADLINE = 60_000;
const CONFIGURATION = {
  compilerOptions: {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2023", "dom"],
    types: [],
    paths: { "pusher-js": [join(HERE, "node_modules/pusher-js/index.d.ts")] },
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    isolatedModules: true,
    // pusher-js's own types do not compile under these settings.
    skipLibCheck: true,
    noEmit: true,
  },
  files: ["consumer.ts"],
};

/** Lines that begin with this must not compile, each by itself. */
const WRONG = "// wrong: ";

/** The compiler's complaints about `module` beside `consumer`; empty when there are none. */
async function compile(t, module, consumer) {
  const directory = await mkdtemp(join(tmpdir(), "saluran-schema-"));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "contract.ts"), module);
  await writeFile(join(directory, "consumer.ts"), consumer);
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(CONFIGURATION));
  return new Promise((resolve, reject) => {
    execFile(COMPILER, ["-p", directory, "--pretty", "false"], { timeout: DEADLINE }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve(error === null ? "" : `${stdout}${stderr}`);
    });
  });
}

/** Compiles the right uses of a consumer, then finds an error in each line of its wrong ones. */
async function check(t, module, file) {
  const consumer = await readFile(join(HERE, "suite", file), "utf8");
  assert.equal(await compile(t, module, consumer), "", "right uses compile");
  const lines = consumer.split("\n").map((line) => line.replace(WRONG, ""));
  const wrong = consumer.split("\n").flatMap((line, at) => (line.includes(WRONG) ? [at + 1] : []));
  assert.ok(wrong.length > 0);
  const said = await compile(t, module, lines.join("\n"));
  const found = [...said.matchAll(/consumer\.ts\((\d+),/g)].map(([, line]) => Number(line));
  assert.deepEqual([...new Set(found)], wrong, said);
}

describe("saluran schema typescript", () => {
  test("the module written down compiles, takes right uses and refuses wrong ones", async (t) => {
    await check(t, await readFile(join(ROOT, "tests/document/contract.ts"), "utf8"), "contract-sample.ts");
  });

  test("the dashboards compile against what the shipped declarations say now", async () => {
    const written = await readFile(join(ROOT, "examples/dashboards/src/feed/contract.ts"), "utf8");
    const now = await saluran("schema", "typescript");
    assert.equal(written, now, "make it again: saluran schema typescript --out examples/dashboards/src/feed/contract.ts");
  });

  test("the module of an app without declarations compiles", async (t) => {
    const module = await readFile(join(ROOT, "tests/document/contract-empty.ts"), "utf8");
    const consumer = `import type { ChannelName } from "./contract.ts";\nexport const none: ChannelName[] = [];\n`;
    assert.equal(await compile(t, module, consumer), "");
  });

  test("what the broker prints for the shipped declarations compiles, and is the same each time", async (t) => {
    const [first, second] = await Promise.all([saluran("schema", "typescript"), saluran("schema", "typescript")]);
    assert.equal(second, first);
    await check(t, first, "contract-shipped.ts");
  });
});
