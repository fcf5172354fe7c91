// A browser without a window, and a server for the files under `dist/`.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const dist = fileURLToPath(new URL("../dist/", import.meta.url));

const types = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  // `normalize` takes away the `..` that would lead out of the folder.
  const file = path.join(dist, path.normalize(decodeURIComponent(name)));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  const type = types[path.extname(file)] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-length": found.size });
  createReadStream(file).pipe(response);
}

async function launch() {
  // The one from `npx playwright-core install chromium`, or any other that the variable names.
  const executablePath = process.env.CHROMIUM || undefined;
  // Chromium refuses to run as root with a sandbox, as in most containers.
  const chromiumSandbox = process.getuid?.() !== 0;
  try {
    return await chromium.launch({ executablePath, chromiumSandbox });
  } catch (error) {
    console.error(`error: Chromium does not start: ${error.message}`);
    console.error("\nhint: run `npx --prefix wasm playwright-core install --with-deps chromium`,");
    console.error("or set `CHROMIUM` to the path of a Chromium or Chrome");
    process.exit(1);
  }
}

/** Runs `use(page, address)` with an empty page and the address of `dist/`, and ends both. */
export async function withBrowser(use) {
  const server = createServer(answer);
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const browser = await launch();
  try {
    const page = await browser.newPage();
    return await use(page, `http://127.0.0.1:${server.address().port}/`, browser.version());
  } finally {
    await browser.close();
    server.close();
  }
}
