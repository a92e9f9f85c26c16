import Pusher from "pusher-js";

import { pusherJsSuite } from "./suite/pusher-js.js";

pusherJsSuite(8, Pusher);
