/** A page of a developer's own: stock pusher-js from a static server, on another origin than the broker. */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { HOST } from "../../js/support/broker.js";

const FILES = {
  "/": ["text/html", new URL("./site.html", import.meta.url)],
  "/pusher.js": ["text/javascript", new URL("../node_modules/pusher-js/dist/web/pusher-with-encryption.min.js", import.meta.url)],
  "/support/client.js": ["text/javascript", new URL("../../js/support/client.js", import.meta.url)],
  "/support/wait.js": ["text/javascript", new URL("../../js/support/wait.js", import.meta.url)],
};

export async function startSite() {
  const server = createServer(async (request, response) => {
    const [type, file] = FILES[new URL(request.url, "http://site").pathname] ?? [];
    if (type === undefined) return response.writeHead(404).end();
    response.setHeader("Content-Type", `${type}; charset=utf-8`);
    return response.end(await readFile(fileURLToPath(file)));
  });
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  return {
    url: `http://${HOST}:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
