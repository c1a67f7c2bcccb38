// Several GPUs that earn side by side, in the real window. Here they are one software adapter whose driver is named twice: to the program
// they are two of one name, as in a computer with two equal cards.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";

/** The driver of software Vulkan: the one that was named to this run, else the system's. */
function softwareDriver() {
  const system = "/usr/share/vulkan/icd.d";
  const installed = existsSync(system) ? readdirSync(system).map((name) => join(system, name)) : [];
  const named = (process.env.VK_DRIVER_FILES ?? "").split(":").filter(Boolean);
  return [...named, ...installed].find((file) => /lvp/.test(file) && existsSync(file));
}

const driver = softwareDriver();
const skip = driver === undefined && "no software Vulkan is installed, of which a second GPU could be made";
const drivers = mkdtempSync(join(tmpdir(), "tessera-e2e-drivers-"));
const house = new House();
const nodes = join(house.env.XDG_DATA_HOME, "tessera/node");
let page;
let address;
let keys;

const shot = (name) => page.picture(join(pictures, `gpus-${name}.png`));
const boxes = () => page.run("() => [...document.querySelectorAll('input[name=gpu]')].map((box) => ({ key: box.value, on: box.checked, fixed: box.disabled }))");
const phases = () => page.run("() => [...document.querySelectorAll('[data-gpu]')].map((row) => row.dataset.phase)");
const set = (key, wanted) => page.run("(key, wanted) => { const box = [...document.querySelectorAll('input[name=gpu]')].find((box) => box.value === key); if (box.checked !== wanted) box.click(); }", key, wanted);
const statement = (folder) => house.cli("statement", "--coordinator", address, "--data", folder).stdout.trim().split("\n").length - 1;
let renders = 0;
function submit(...looks) {
  renders += 1;
  return house.begin("submit", join(scenes, "studio.glb"), "--coordinator", address, "-o", join(house.home, `job-${renders}.exr`), "--denoise", "off", ...looks);
}

before(async () => {
  if (skip) return;
  const twice = [1, 2].map((which) => {
    const told = JSON.parse(readFileSync(driver, "utf8"));
    // A library without a folder is looked for by the system.
    const library = told.ICD.library_path;
    told.ICD.library_path = library.includes("/") ? resolve(dirname(driver), library) : library;
    const file = join(drivers, `lvp-${which}.json`);
    writeFileSync(file, JSON.stringify(told));
    return file;
  });
  house.env.VK_DRIVER_FILES = twice.join(":");
  delete house.env.VK_ICD_FILENAMES;
  ({ page, address } = await house.openEarning());
});
after(async () => {
  await house.leave();
  rmSync(drivers, { recursive: true, force: true });
});

test("two GPUs of one name are told apart, the strongest earns, and the last one stays on", { skip }, async () => {
  await page.find("input[name=gpu]", 60_000);
  const seen = await boxes();
  keys = seen.map((box) => box.key);
  assert.equal(seen.length, 2);
  assert.equal(keys[1], `${keys[0]} #2`);
  assert.deepEqual(seen.map(({ on, fixed }) => ({ on, fixed })), [{ on: true, fixed: true }, { on: false, fixed: false }]);
});

test("each GPU is a node of its own, and both render", { skip, timeout: 600_000 }, async () => {
  await set(keys[1], true);
  await until(async () => (await boxes()).every(({ on, fixed }) => on && !fixed), 10_000, "both are on");
  await page.click("#earn");
  await until(async () => (await phases()).join() === "waiting,waiting", 120_000, "both wait for tiles");
  const identities = () => page.run("() => [...document.querySelectorAll('[data-gpu] .key')].map((key) => key.title)");
  await until(async () => new Set(await identities()).size === 2, 60_000, "each has a key of its own");
  assert.deepEqual(JSON.parse(readFileSync(join(nodes, "gpus.json"), "utf8")), keys);
  submit("--size", "512x288", "--spp", "256", "--tile", "64");
  await until(async () => (await phases()).join() === "working,working", 120_000, "both render");
  assert.match(await page.text("#gpus"), /^2 of 2 GPUs work/);
  await page.run("() => document.querySelector('#gpu-list').scrollIntoView({ block: 'center' })");
  await shot("working");
  await until(() => statement(nodes) > 0 && statement(join(nodes, "gpu-2")) > 0, 300_000, "both have lines in the ledger");
});

test("one is switched off while the other works on, and on again", { skip, timeout: 300_000 }, async () => {
  submit("--size", "1024x576", "--spp", "1024", "--tile", "64", "--seed", "5");
  await until(async () => (await phases()).join() === "working,working", 120_000, "both render");
  await set(keys[1], false);
  await until(async () => (await phases()).join() === "working", 60_000, "the first alone works");
  assert.deepEqual((await boxes()).map(({ on, fixed }) => [on, fixed]), [[true, true], [false, false]]);
  assert.match(await page.text("#reason"), /^Earning/);
  await shot("one-off");
  await set(keys[1], true);
  await until(async () => (await phases()).join() === "working,working", 120_000, "both render again");
});

test("a word holds for both, also for one that is switched on afterwards", { skip, timeout: 300_000 }, async () => {
  await page.click("#pause");
  await page.click("#pause-open");
  await until(async () => (await phases()).join() === "paused,paused", 10_000, "both pause");
  await set(keys[1], false);
  await until(async () => (await phases()).join() === "paused", 60_000, "one has ended");
  await set(keys[1], true);
  await until(async () => (await phases()).join() === "paused,paused", 120_000, "it joins the pause");
  await page.click("#resume");
  await until(async () => (await phases()).join() === "working,working", 120_000, "both work again");
});

test("the command line tells and hears of both", { skip, timeout: 300_000 }, async () => {
  const told = house.cli("node", "status").stdout;
  for (const key of keys) assert.ok(told.split("\n").some((line) => line.startsWith(`${key}: Earning`)), told);
  const paused = JSON.parse(house.cli("--json", "node", "pause").stdout.split("\n")[1]);
  assert.deepEqual([paused.value.state, paused.value.gpu], ["paused", keys[1]]);
  await until(async () => (await phases()).join() === "paused,paused", 10_000, "both pause");
  house.cli("node", "resume");
  await until(async () => (await phases()).join() === "working,working", 60_000, "both work again");
});

test("what each earned is told by its name", { skip, timeout: 120_000 }, async () => {
  const names = () => page.run("() => [...document.querySelectorAll('#income .legend .cut')].map((name) => name.textContent)");
  await until(async () => {
    await page.click("#income-ask");
    return (await names()).length === 2;
  }, 60_000, "two GPUs have earned");
  assert.deepEqual((await names()).sort(), [...keys].sort());
  await page.run("() => document.querySelector('#income').scrollIntoView({ block: 'start' })");
  await shot("income");
});

test("after a restart both earn again with the names that they had", { skip, timeout: 300_000 }, async () => {
  await page.run("() => void window.__TAURI_INTERNALS__.invoke('quit')").catch(() => {});
  await until(() => house.pid() === 0, 30_000, "the program has ended");
  page = await house.open();
  await page.find("#reason", 60_000);
  await until(async () => (await phases()).length === 2 && !(await phases()).includes("starting"), 120_000, "both are there");
  assert.deepEqual(JSON.parse(readFileSync(join(nodes, "gpus.json"), "utf8")), keys);
  await page.click("#end");
  await until(async () => (await phases()).length === 0, 60_000, "both have ended");
});
