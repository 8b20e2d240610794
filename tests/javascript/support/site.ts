/** The mock server, and on another port the page of docs/javascript.md, whose address is APP_URL. */

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import setupMock from "./mock";

export default async function setup(): Promise<() => Promise<void>> {
  const endMock = await setupMock();
  const page = await readFile(new URL("../from_docs/chat.html", import.meta.url), "utf8");
  const site = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(page.replaceAll("http://127.0.0.1:8080", process.env.MOCK_URL ?? ""));
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  process.env.APP_URL = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  return async () => {
    site.close();
    site.closeAllConnections();
    await endMock();
  };
}
