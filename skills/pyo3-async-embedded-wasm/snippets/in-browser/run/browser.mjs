// A browser without a window, and a server for `dist/`.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".json": "application/json", ".mjs": "text/javascript", ".wasm": "application/wasm" };

/** Runs `use(browser, address, headers)`: what is put into `headers` is sent with each file. */
export async function withBrowser(use) {
  const headers = {};
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, "http://localhost").pathname;
    const pathname = name.endsWith("/") ? `${name}index.html` : name;
    const content = await readFile(path.join(dist, path.normalize(pathname))).catch(() => undefined);
    const type = types[path.extname(pathname)] ?? "application/octet-stream";
    response.writeHead(content ? 200 : 404, { "content-type": type, ...headers }).end(content);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  // Chromium refuses to run as root with a sandbox.
  const chromiumSandbox = process.getuid?.() !== 0;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || undefined, chromiumSandbox });
  try {
    await use(browser, `http://127.0.0.1:${server.address().port}/`, headers, server);
  } finally {
    await browser.close();
    server.close();
  }
}
