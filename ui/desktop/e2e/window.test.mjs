// The window and the tray: closing, opening again, links, what it costs to wait, and whom it talks to.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { until } from "./driver.mjs";
import { House, pictures, program, scenes } from "./house.mjs";
import { peers, spent } from "./process.mjs";
import { join } from "node:path";

const house = new House();
let page;
let tray;
/** Everybody outside this computer whom the program was seen to talk to. */
const strangers = new Set();
let looks = 0;
let watch;
before(async () => {
  await house.manageWindows();
  tray = await house.hostDesktop();
  const began = Date.now();
  page = await house.open();
  await page.find("#purpose-render");
  console.log(`from the start to a window that can be used: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  watch = setInterval(() => {
    const running = house.pids();
    looks += Number(running.length > 0);
    peers(running).forEach((one) => strangers.add(one));
  }, 200);
});
after(async () => {
  clearInterval(watch);
  await house.leave();
});

const isShown = () => spawnSync("xdotool", ["search", "--onlyvisible", "--name", "^Tessera$"], { encoding: "utf8" }).stdout.trim() !== "";
/** Closes the window as a person does. */
async function close() {
  spawnSync("xdotool", ["search", "--onlyvisible", "--name", "^Tessera$", "windowfocus", "--sync"]);
  spawnSync("xdotool", ["key", "alt+F4"]);
}

test("the tray has an icon, and its menu has every line", async () => {
  const lines = await until(() => tray.ask("menu"), 10_000, "the icon is in the tray");
  const pause = ["Pause", "For an hour", "Until I'm back", "Until tomorrow"];
  assert.deepEqual(lines, ["Not earning", ...pause, "Finish, then pause", "Earn", "Show the last picture", "Open Tessera", "Quit"]);
});

test("the first closing asks, and staying in the tray keeps the program", async () => {
  await page.click("#purpose-render");
  await page.find("#sample");
  await close();
  await page.find("dialog");
  await page.picture(join(pictures, "closing.png"));
  await page.click("#stay");
  await until(() => !isShown(), 5_000, "the window is gone");
  assert.ok(house.pid() > 0, "the program goes on");
});

test("the tray's menu opens it again, and the next closing asks nothing", async () => {
  assert.equal(await tray.ask("press Open Tessera"), true);
  await until(isShown, 5_000, "the window is there again");
  await close();
  await until(() => !isShown(), 5_000, "the window is gone");
  assert.equal(await page.text("dialog"), null);
});

test("the tray's menu speaks the language that is chosen", async () => {
  assert.equal(await tray.ask("press Open Tessera"), true);
  await page.click("#go-settings");
  await page.click("#language-de");
  await until(async () => (await tray.ask("menu")).includes("Pausieren"), 5_000, "it speaks German");
  assert.ok((await tray.ask("menu")).includes("Beenden"));
  await page.click("#language-en");
  await until(async () => (await tray.ask("menu")).includes("Pause"), 5_000, "it speaks English");
  assert.ok((await tray.ask("menu")).includes("Not earning"));
  await close();
  await until(() => !isShown(), 5_000, "the window is gone");
});

test("a second start shows the window, and a link asks before it does anything", async () => {
  const link = "tessera://127.0.0.1:9#0000000000000000000000000000000000000000000000000000000000000000";
  assert.equal(house.second(link).status, 0);
  await until(isShown, 5_000, "the window is there again");
  await page.find("dialog");
  await page.picture(join(pictures, "link.png"));
  assert.match(await page.text("dialog"), /127\.0\.0\.1/);
  await page.click("#link-no");
  await page.click("#go-earn");
  assert.equal(await page.run("() => document.querySelector('#earn-coordinator').value"), "", "nothing was taken over");
  house.second(link);
  await page.click("#link-yes");
  await until(async () => (await page.run("() => document.querySelector('#earn-coordinator').value")) === link, 5_000, "it is taken over");
});

test("the tray's menu quits", async () => {
  const label = (await tray.ask("menu")).find((line) => line.startsWith("Quit"));
  await tray.ask(`press ${label}`);
  await until(() => house.pid() === 0, 10_000, "the program has ended");
});

test("a start that meets a program without answer says so, and one that it leaves in time opens", async () => {
  await tray.ask("leaving 10000");
  const told = house.second();
  assert.equal(told.status, 1);
  assert.match(told.stderr, /Tessera runs already and does not answer; end its process, `tessera-desktop`, and start it again/);
  page = await house.open();
  await page.find("#go-settings");
  await house.clear();
});

test("a scene that is opened while the program ends opens in the next one", async () => {
  const [rendered, opened] = ["Kitchen.glb", "Vase.glb"].map((name) => join(house.home, name));
  for (const scene of [rendered, opened]) copyFileSync(join(scenes, "studio.glb"), scene);
  page = await house.open(rendered);
  await page.click("#quality-max");
  await page.click("#start");
  await page.find("#stop");
  const label = (await tray.ask("menu")).find((line) => line.startsWith("Quit"));
  const before = house.pid();
  await tray.ask(`press ${label}`);
  await until(() => page.log.includes("the program ends"), 10_000, "it ends");
  // It hands its scene over, or is the next one itself where nobody is there to take it.
  house.launch(opened);
  await until(() => !existsSync(`/proc/${before}`) && house.pids((binary) => binary === program).length === 1, 15_000, "there is one again");
  await until(isShown, 15_000, "its window opens");
  assert.ok(readFileSync(`/proc/${house.pid()}/cmdline`, "utf8").includes(opened), "it has the scene");
  await house.clear();
});

test("a start at login waits in the tray and costs next to nothing", async () => {
  const child = house.launch("--hidden");
  await until(async () => (await tray.ask("menu"))?.length > 0, 15_000, "the icon is in the tray");
  await new Promise((wake) => setTimeout(wake, 3_000));
  const from = spent(house.pids());
  const seconds = 20;
  await new Promise((wake) => setTimeout(wake, seconds * 1000));
  const to = spent(house.pids());
  const share = ((to.cpu_s - from.cpu_s) / seconds) * 100;
  console.log(`waiting in the tray: ${share.toFixed(2)} % of a core, ${to.mb.toFixed(0)} MB of its own`);
  assert.ok(!isShown(), "no window");
  assert.ok(share < 1, `${share} % of a core`);
  assert.ok(to.mb < 150, `${to.mb} MB`);
  assert.equal(await tray.ask("press Open Tessera"), true);
  await until(isShown, 15_000, "the window opens");
  child.kill();
});

test("a program that was started at login opens its window when somebody starts it", async () => {
  await until(() => house.pid() === 0, 10_000, "the program before has ended");
  const child = house.launch("--hidden");
  await until(async () => (await tray.ask("menu"))?.length > 0, 15_000, "the icon is in the tray");
  assert.equal(house.second().status, 0);
  await until(isShown, 15_000, "the window opens");
  child.kill();
});

test("a start at login waits for a panel that comes later, and shows itself when the panel goes for good", async () => {
  tray.leave();
  await until(() => house.pid() === 0, 10_000, "the program before has ended");
  const child = house.launch("--hidden");
  await until(() => house.pid() > 0, 5_000, "the program runs");
  await new Promise((wake) => setTimeout(wake, 3_000));
  assert.ok(!isShown(), "it waits");
  tray = await house.hostDesktop();
  await until(async () => (await tray.ask("menu"))?.includes("Open Tessera"), 10_000, "the icon is in the tray");
  await new Promise((wake) => setTimeout(wake, 15_000));
  assert.ok(!isShown(), "it needs no window");
  tray.leave();
  await until(isShown, 30_000, "without a tray it has a window");
  child.kill();
});

test("where there is no tray, closing an idle window ends the program", async () => {
  await until(() => house.pid() === 0, 10_000, "the program before has ended");
  page = await house.open();
  await page.click("#go-settings");
  await page.picture(join(pictures, "no-tray.png"));
  await close();
  await until(() => house.pid() === 0, 10_000, "the program has ended");
});

test("nobody was called who was not chosen", async () => {
  assert.ok(looks > 20, `${looks} looks`);
  assert.deepEqual([...strangers], []);
  // Somebody who calls a stranger is seen; joining a datagram socket sends nothing.
  const caller = createSocket("udp4");
  await new Promise((joined) => caller.connect(9, "192.0.2.1", joined)).catch(() => {});
  assert.equal(peers([process.pid]).length, 1);
  caller.close();
});
