import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";

import Ajv from "ajv";
import addFormats from "ajv-formats";

import { ROOT } from "./support/broker.js";
import { saluran } from "./support/saluran.js";

const SPECIFICATION = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0.json");

/** AsyncAPI's schema brings draft 07 under the id that ajv has it under already. */
function validator() {
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats(ajv);
  return ajv.compile(SPECIFICATION);
}

describe("saluran schema asyncapi", () => {
  const validate = validator();
  const assertValid = (text) => {
    const document = JSON.parse(text);
    assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
    return document;
  };

  for (const file of ["asyncapi.json", "asyncapi-empty.json"]) {
    test(`${file} is valid by AsyncAPI's own schema`, async () => {
      assertValid(await readFile(join(ROOT, "tests/document", file), "utf8"));
    });
  }

  test("the schema finds what is wrong", async () => {
    const text = await readFile(join(ROOT, "tests/document/asyncapi.json"), "utf8");
    const spoil = [
      (document) => (document.operations["rvm-status.send"].action = "publish"),
      (document) => (document.channels["rvm-status"].address = 7),
      (document) => (document.channels["rvm-status"].twin = {}),
      (document) => (document.components.securitySchemes.bearer.type = "token"),
      (document) => (document.components.schemas["status-updated"].type = "thing"),
      (document) => delete document.info.version,
    ];
    for (const change of spoil) {
      const document = JSON.parse(text);
      change(document);
      assert.equal(validate(document), false, `${change}`);
    }
  });

  test("what the broker prints for the shipped declarations is valid, and the same each time", async () => {
    const [first, second] = await Promise.all([saluran("schema", "asyncapi"), saluran("schema", "asyncapi")]);
    const document = assertValid(first);
    assert.equal(second, first);
    for (const channel of ["rvm-status", "detection-results", "timezone-updates", "rvm.{rvm_id}", "private-admin-dashboard"]) {
      const addresses = Object.values(document.channels).map(({ address }) => address);
      assert.ok(addresses.includes(channel), `${channel} is declared: ${addresses.join(", ")}`);
    }
  });
});
