/**
 * The application's part: says who may listen, and who somebody is.
 *
 * `Authorization: Bearer <user>` is the user. Without it, and for channels with "forbidden" in their
 * name, the answer is 403. A channel with "forged" in its name gets a signature of another channel.
 */

import { createServer } from "node:http";

import { HOST } from "./broker.js";

export class AuthEndpoint {
  #server;
  #publisher;

  /** `publisher` is a `pusher` of the server library, which knows the secret. */
  static async start(publisher) {
    const endpoint = new AuthEndpoint();
    endpoint.#publisher = publisher;
    endpoint.#server = createServer((request, response) => endpoint.#serve(request, response));
    await new Promise((resolve) => endpoint.#server.listen(0, HOST, resolve));
    return endpoint;
  }

  get url() {
    return `http://${HOST}:${this.#server.address().port}`;
  }

  async dispose() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request, response) {
    // Browsers ask from another origin.
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Access-Control-Allow-Headers", "*");
    if (request.method === "OPTIONS") return response.writeHead(204).end();
    const form = new URLSearchParams(await bodyOf(request));
    const user = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const answer = user === undefined ? null : this.#answer(request.url, form, user);
    if (answer === null) return response.writeHead(403).end("Forbidden");
    response.setHeader("Content-Type", "application/json");
    return response.end(JSON.stringify(answer));
  }

  #answer(path, form, user) {
    const socket = form.get("socket_id");
    if (path.endsWith("/user-auth")) return this.#publisher.authenticateUser(socket, userData(user, form));
    const channel = form.get("channel_name");
    if (channel.includes("forbidden")) return null;
    const signed = channel.includes("forged") ? `${channel}-other` : channel;
    const member = channel.startsWith("presence-") && !channel.includes("by-sign-in");
    return this.#publisher.authorizeChannel(socket, signed, member ? { user_id: user, user_info: info(user) } : undefined);
  }
}

export function info(user) {
  return { name: `Zoë ${user}` };
}

function userData(user, form) {
  const watchlist = form.get("watchlist");
  return { id: user, user_info: info(user), ...(watchlist ? { watchlist: watchlist.split(",") } : {}) };
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
