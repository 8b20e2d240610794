// Runs what needs a browser: the examples of docs/javascript.md as they stand there, and the module as the mock serves it.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: ["from_docs/playwright.test.ts", "browser/*.test.ts"],
  workers: 1,
  globalSetup: "./support/site.ts",
  outputDir: "test-results",
  reporter: "line",
  timeout: 30_000,
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
    },
  },
});
