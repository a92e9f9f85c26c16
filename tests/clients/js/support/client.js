/** A pusher-js under observation. Runs in Node and in a page. */

import { Ear } from "./wait.js";

export class Client {
  constructor(pusher, user = "anonymous") {
    this.user = user;
    this.pusher = pusher;
    this.connection = new Ear(pusher.connection, `${user}'s connection`);
  }

  get socketId() {
    return this.pusher.connection.socket_id;
  }

  /** Subscribes and waits for the confirmation. */
  async subscribe(channel) {
    const ear = this.listen(channel);
    await ear.next("pusher:subscription_succeeded");
    return ear;
  }

  /** Subscribes without waiting. */
  listen(channel) {
    return new Ear(this.pusher.subscribe(channel), `${this.user} on ${channel}`);
  }

  /** Signs in, and waits until the user's own channel is subscribed. */
  async signIn() {
    const ear = new Ear(this.pusher.user, `${this.user} as user`);
    this.pusher.signin();
    await this.message(`#server-to-user-${this.user}`, "pusher_internal:subscription_succeeded");
    return ear;
  }

  /** The first message of this name on this channel, as it came over the wire. */
  message(channel, event) {
    return this.connection.match("message", (message) => message.channel === channel && message.event === event);
  }
}
