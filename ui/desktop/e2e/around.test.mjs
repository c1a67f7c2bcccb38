// What the program wants of the desktop around it: the viewer, the folder of a picture, a notification, and to be started at login.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";

const house = new House();
const outcome = () => page.run("() => document.querySelector('#outcome')?.dataset.outcome ?? null");
const isShown = (title) => spawnSync("xdotool", ["search", "--onlyvisible", "--name", title], { encoding: "utf8" }).stdout.trim() !== "";
let page;
let desktop;
before(async () => {
  await house.manageWindows();
  desktop = await house.hostDesktop();
  copyFileSync(join(scenes, "studio.glb"), join(house.home, "Kitchen.glb"));
  page = await house.open(join(house.home, "Kitchen.glb"));
  await page.click("#purpose-render");
});
after(() => house.leave());

/** Starts a small render of the scene that is looked at. */
async function render(width) {
  await page.find("#found dl");
  await page.click("#quality-draft");
  await page.fill("#width", String(width));
  await page.click("#start");
}

test("a finished picture opens in the viewer, in a window of its own", async () => {
  await render(128);
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  await page.click("#open-viewer");
  const viewer = () => house.viewers()[0];
  const pid = await until(viewer, 20_000, "the viewer runs");
  assert.ok(readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(join(house.home, "Kitchen.exr")), "with the picture");
  await until(() => isShown("^Kitchen.exr - Tessera viewer$"), 30_000, "its window has the picture's name");
  spawnSync("import", ["-window", "root", join(pictures, "viewer-beside.png")]);
  process.kill(pid, "SIGKILL");
  assert.equal(await outcome(), "done", "the window goes on");
});

test("a picture is shown in its folder", async () => {
  await page.click("#show-file");
  const shown = await until(async () => (await desktop.ask("shown"))[0], 10_000, "the file manager is asked");
  assert.equal(shown, pathToFileURL(join(house.home, "Kitchen.exr")).href);
});

test("a render that ends while nobody looks is told once, and one that is looked at is not", async () => {
  assert.deepEqual(await desktop.ask("notices"), [], "somebody looked at the first one");
  house.second("Kitchen.glb");
  await render(256);
  await page.find("#stop");
  spawnSync("xdotool", ["search", "--onlyvisible", "--name", "^Tessera$", "windowminimize"]);
  const told = await until(async () => (await desktop.ask("notices"))[0], 300_000, "a notification comes");
  assert.match(told, /Kitchen/);
  await new Promise((wake) => setTimeout(wake, 1500));
  assert.equal((await desktop.ask("notices")).length, 1);
  assert.deepEqual(await desktop.ask("whose"), ["Tessera", "Tessera"], "the program's name, and its .desktop file's");
});

test("a click on the notification brings the window back", async () => {
  assert.ok(!isShown("^Tessera$"), "it is away");
  assert.equal(await desktop.ask("click"), true);
  await until(() => isShown("^Tessera$"), 5_000, "the window is there again");
});

test("it starts at login when that is wanted, and no longer when it is not", async () => {
  const folder = join(house.home, ".config/autostart");
  const entries = () => (existsSync(folder) ? readdirSync(folder) : []);
  assert.deepEqual(entries(), [], "nobody has asked for it");
  await page.click("#go-settings");
  await page.click("#at-login");
  // The entry is made empty and filled afterwards, so it is the line that is waited for.
  const command = () => entries().map((entry) => /^Exec=(.*)$/m.exec(readFileSync(join(folder, entry), "utf8"))?.[1]).find(Boolean);
  const line = await until(command, 5_000, "the session is told");
  assert.match(line, /tessera-desktop.* --hidden/);
  await page.click("#at-login");
  await until(() => entries().length === 0, 5_000, "and told otherwise");
});
