import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["suite/*.test.ts", "from_docs/vitest.test.ts"],
    globalSetup: "support/mock.ts",
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
