import { defineConfig } from "vite";

// `npm run dev` serves the page itself and passes the rest on to a broker on this machine.
const broker = "http://127.0.0.1:6001";

export default defineConfig({
  // Relative addresses, so that a proxy may put the pages below any path.
  base: "./",
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/app": { target: broker, ws: true },
      "/pages.json": broker,
    },
  },
});
