// The window as a client of Wayland: drawn, given a scene by a drop, closed into the tray, and as large as it was at the next start.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Drag } from "./drag.mjs";
import { until } from "./driver.mjs";
import { House, pictures, program, scenes } from "./house.mjs";
import { clickAt, coloured, hasWeston, openWeston, whereIsPage } from "./weston.mjs";

const house = new House();
const skip = hasWeston ? false : "NOT CHECKED, this machine lacks weston, a compositor for Wayland (Debian: weston)";
let page;
let tray;
const screen = (name) => spawnSync("import", ["-window", "root", join(pictures, `wayland-${name}.png`)]);
const outcome = () => page.run("() => document.querySelector('#outcome')?.dataset.outcome ?? null");
before(async () => {
  if (skip) return;
  tray = await house.hostDesktop();
  await openWeston(house);
  copyFileSync(join(scenes, "studio.glb"), join(house.home, "Küche #1.glb"));
  page = await house.open();
});
after(() => house.leave());

test("the page is drawn, and a scene that is dropped on it opens", { skip }, async () => {
  await page.find("#purpose-render");
  const { x, y, width, height } = await whereIsPage(page);
  assert.deepEqual([width, height], [1280, 800]);
  screen("welcome");
  const drag = await Drag.take(house, join(house.home, "Küche #1.glb"));
  await drag.to(x + 600, y + 300);
  await until(async () => (await page.text(".over p")) === "Render Küche #1.glb", 5_000, "it is said what will be done");
  screen("over");
  assert.ok(await drag.letGo());
  await until(async () => (await page.text("main h1")) === "Küche #1.glb" && (await page.text("#found dl")), 20_000, "its form is there");
  assert.equal(await page.text(".over"), null);
});

test("it is rendered, and the picture opens in the viewer", { skip }, async () => {
  await page.click("#quality-draft");
  await page.fill("#width", "128");
  await page.click("#start");
  await until(async () => (await outcome()) === "done", 120_000, "the render is done");
  screen("done");
  await page.click("#open-viewer");
  const pid = await until(() => house.viewers()[0], 20_000, "the viewer runs");
  await new Promise((wake) => setTimeout(wake, 4000));
  screen("viewer");
  process.kill(pid, "SIGKILL");
});

test("rules that need what this session does not tell say so", { skip }, async () => {
  await page.click("#go-earn");
  await page.find("#rule-idle");
  console.log(await page.text("main"));
});

test("it closes into the tray and comes back from there", { skip }, async () => {
  const { x, y, width } = await whereIsPage(page);
  await clickAt(x + width - 18, y - 18);
  await page.click("#stay");
  await until(() => coloured("#12ab34") === null, 1000, "nothing");
  screen("hidden");
  assert.equal(await tray.ask("press Open Tessera"), true);
  await whereIsPage(page);
});
