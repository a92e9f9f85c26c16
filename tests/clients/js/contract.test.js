import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import Publisher from "pusher";
import Pusher8 from "pusher-js";
import Pusher7 from "pusher-js-7";

import { MASTER_KEY, OWN_FILE } from "./suite/contract-declarations.js";
import { access, signingIn } from "./suite/contract-access.js";
import { endings, reloading } from "./suite/contract-endings.js";
import { feed } from "./suite/contract-feed.js";
import { restarting } from "./suite/contract-restart.js";
import { Declared } from "./support/declared.js";
import { saluran } from "./support/saluran.js";

/** The tests of `suite` with a broker of their own. */
function withBroker(suite, start) {
  let declared;
  before(async () => {
    declared = await start();
  });
  after(() => declared?.close());
  suite(() => declared);
}

const openOwn = () => Declared.open(Publisher, OWN_FILE, { masterKey: MASTER_KEY });

/** Each suite has a broker of its own and waits a lot: all of them at once, the tests of each one by one. */
const SERIAL = { concurrency: 1 };

describe("declared channels", { concurrency: true }, () => {
  for (const [version, Pusher] of [[7, Pusher7], [8, Pusher8]]) {
    describe(`pusher-js ${version}: the shipped file`, SERIAL, () => {
      withBroker((open) => {
        feed(open, Pusher);
        access(open, Pusher);
      }, () => Declared.open(Publisher));
    });

    describe(`pusher-js ${version}: signing in`, SERIAL, () => {
      withBroker((open) => signingIn(open, Pusher), openOwn);
    });

    describe(`pusher-js ${version}: endings`, SERIAL, () => {
      withBroker((open) => endings(open, Pusher), openOwn);
    });

    for (const [title, suite] of [["a file that changes", reloading], ["a restart", restarting]]) {
      describe(`pusher-js ${version}: ${title}`, SERIAL, () => {
        suite(async (t) => {
          const declared = await openOwn();
          t.after(() => declared.close());
          return declared;
        }, Pusher);
      });
    }
  }

  describe("saluran token", SERIAL, () => {
    test("issues what the broker of the same file takes", async (t) => {
      const declared = await Declared.open(Publisher);
      t.after(() => declared.close());
      const words = ["token", "--role", "machine", "--sub", "rvm-3", "--ttl", "1h", "--claim", "rvm_id=3"];
      const device = (await saluran(...words)).trim();
      const operator = (await saluran("token", "--role", "operator", "--sub", "7", "--ttl", "1h")).trim();
      const client = await declared.connect(t, Pusher8, operator);
      const ear = await client.subscribe("private-rvm.3");
      const answer = await declared.publish(device, "private-rvm.3", "analisis.selesai", { deposit_id: 1, rvm_id: 3, status: "completed" });
      assert.equal(answer.status, 200, await answer.text());
      assert.equal((await ear.next("analisis.selesai")).deposit_id, 1);
      assert.equal((await declared.publish(device, "private-rvm.4", "analisis.selesai", {})).status, 403);
    });
  });
});
