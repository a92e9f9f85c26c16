import { defineConfig } from "vite";

// `npm run dev` serves the pages itself and passes the rest on to a broker on this machine.
const broker = process.env["BROKER"] ?? "http://127.0.0.1:6001";

/** One folder for each page; the broker serves a folder's `index.html`. */
const PAGES = ["index.html", "contest/index.html", "judge/index.html", "team/index.html"];

export default defineConfig({
  // Relative addresses, so that a proxy may put the pages below any path.
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    rolldownOptions: { input: PAGES },
  },
  server: {
    proxy: {
      "/app": { target: broker, ws: true },
      "/api": broker,
      "/broadcasting": broker,
      "/pages.json": broker,
    },
  },
});
