/** What stock pusher-js must be able to do, whatever its version: rule C-247. */

import { after, before, describe } from "node:test";

import Publisher from "pusher";

import { Stage } from "../support/stage.js";
import { caching, refusals, subscribing } from "./channels.js";
import { clientEvents, counting, presence } from "./peers.js";
import { users } from "./users.js";

export function pusherJsSuite(version, Pusher) {
  describe(`C-247 pusher-js ${version}`, () => {
    const stage = {};
    before(async () => {
      stage.open = await Stage.open(Publisher);
    });
    after(() => stage.open?.close());
    const open = () => stage.open;

    subscribing(open, Pusher);
    refusals(open, Pusher);
    caching(open, Pusher);
    clientEvents(open, Pusher);
    presence(open, Pusher);
    users(open, Pusher);
    counting(open, Pusher);
  });
}
