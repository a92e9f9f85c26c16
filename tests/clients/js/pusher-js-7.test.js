import Pusher from "pusher-js-7";

import { pusherJsSuite } from "./suite/pusher-js.js";

pusherJsSuite(7, Pusher);
