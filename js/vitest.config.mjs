import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: false,
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{js,jsx}"], pool: "threads", maxWorkers: 1, testTimeout: 300_000, hookTimeout: 300_000 },
});
