import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  // The page is part of the program: no folder of a server in front of its names.
  base: "./",
  build: { target: "safari16", assetsInlineLimit: 0, chunkSizeWarningLimit: 800 },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : undefined,
  // Five seconds are vitest's own limit, and a busy machine takes longer over a test of milliseconds.
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], testTimeout: 30_000 },
});
