// The window as a client of Wayland: drawn, given a scene by a drop, closed into the tray, and as large as it was at the next start.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Drag } from "./drag.mjs";
import { freePort, until } from "./driver.mjs";
import { House, pictures, program, scenes } from "./house.mjs";
import { clickAt, coloured, hasWeston, openWeston, whereIsPage } from "./weston.mjs";

const house = new House();
const skip = hasWeston ? false : "NOT CHECKED, this machine lacks weston, a compositor for Wayland (Debian: weston)";
/** The window's ground in the light theme. */
const GROUND = "#faf8f4";
let page;
let tray;
const screen = (name) => spawnSync("import", ["-window", "root", join(pictures, `wayland-${name}.png`)]);
const outcome = () => page.run("() => document.querySelector('#outcome')?.dataset.outcome ?? null");
/** By its panels, of a colour that the window has not in its light theme. */
const viewerIsDrawn = () => (coloured("#202226")?.height ?? 0) > 400;
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
  await until(viewerIsDrawn, 20_000, "it is drawn");
  screen("viewer");
  process.kill(pid, "SIGKILL");
});

test("rules that need what this session does not tell say so, and nothing is rendered under them", { skip }, async () => {
  const coordinator = house.begin("coordinator", "--listen", `127.0.0.1:${await freePort()}`, "--data", join(house.home, "coordinator"));
  const address = await until(() => coordinator.said.match(/tessera:\/\/\S+/)?.[0], 30_000, "the coordinator tells its address");
  await page.click("#go-earn");
  await page.find("#rule-idle");
  const rules = await page.text("main");
  assert.match(rules, /This session does not tell when it is used: with this rule nothing is rendered/);
  assert.match(rules, /This session does not tell: list the programs instead/);
  await page.fill("#earn-coordinator", address);
  await page.run("() => document.querySelector('#earn-coordinator').dispatchEvent(new Event('change', { bubbles: true }))");
  await page.click("#earn");
  const reason = () => page.run("() => document.querySelector('#reason')?.dataset.code ?? null");
  await until(async () => (await reason()) === "idle_unknown", 30_000, "it waits");
  assert.equal(await page.text("#reason"), "Waiting: this computer does not tell when it is used");
  screen("earn");
  await page.click("#end");
  await until(async () => (await page.text("#reason")) === "Not earning", 20_000, "it has ended");
});

test("it closes into the tray and comes back from there", { skip }, async () => {
  const { x, y, width } = await whereIsPage(page);
  await clickAt(x + width - 18, y - 18);
  await page.click("#stay");
  const isShown = () => coloured(GROUND) !== null;
  await until(() => !isShown(), 5_000, "the window is gone");
  screen("hidden");
  assert.equal(await tray.ask("press Open Tessera"), true);
  await until(isShown, 5_000, "the window is there again");
});

test("the window is as large as it was at the next start, and at the one after it", { skip }, async () => {
  const size = () => page.run("() => [innerWidth, innerHeight]");
  await page.command("POST", "/window/rect", { width: 1000, height: 640 });
  await until(async () => (await size()).join() === "1000,640", 5_000, "it is smaller");
  for (const start of [1, 2]) {
    await tray.ask(`press ${(await tray.ask("menu")).find((line) => line.startsWith("Quit"))}`);
    await until(() => house.pid() === 0, 10_000, "the program has ended");
    page = await house.open();
    await page.find("main h1");
    await whereIsPage(page);
    assert.deepEqual(await size(), [1000, 640], `start ${start}`);
  }
  screen("again");
});

test("the viewer opens on its own, without a picture", { skip }, async () => {
  await page.end();
  await house.clear();
  house.beginAs([program.replace(/tessera-desktop$/, "tessera-viewer")]);
  await until(viewerIsDrawn, 20_000, "it is drawn");
  screen("viewer-empty");
});
