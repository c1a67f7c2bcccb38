// A battery and a thermometer, in the real window. The program reads them where Linux tells of them, /sys/class, and finds there a folder of the
// test's: for it alone, by a mount that no other process sees.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "./driver.mjs";
import { House, pictures, program, scenes } from "./house.mjs";

const house = new House();
const classes = join(house.home, "class");
const mount = `mount --make-rprivate / && mount --bind '${classes}' /sys/class`;
let skip = false;
let page;
let address;

const shot = (name) => page.picture(join(pictures, `computer-${name}.png`));
const reason = () => page.run("() => { const r = document.querySelector('#reason'); return r && { text: r.textContent, ...r.dataset }; }");
const is = (code, patience = 30_000) => until(async () => (await reason())?.code === code, patience, `the reason is ${code}`);
const status = () => {
  const said = house.cli("--json", "node", "status");
  return JSON.parse(said.stdout.split("\n")[0]).value ?? assert.fail(said.stdout + said.stderr);
};

/** Writes a device's files. */
function tell(device, files) {
  const folder = join(classes, device);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
}
const battery = (state, percent) => tell("power_supply/BAT0", { type: "Battery", present: 1, technology: "Li-ion", status: state, capacity: percent, energy_full_design: 50_000_000, energy_full: 50_000_000, energy_now: percent * 500_000, power_now: 9_000_000, voltage_now: 11_400_000 });
const heat = (celsius) => tell("hwmon/hwmon0", { name: "coretemp", temp1_input: celsius * 1000 });
const work = () => house.begin("submit", join(scenes, "studio.glb"), "--coordinator", address, "-o", join(house.home, "out.exr"), "--denoise", "off", "--size", "1024x576", "--spp", "1024", "--tile", "64");

before(async () => {
  battery("Charging", 80);
  heat(45);
  const tried = spawnSync("unshare", ["-m", "sh", "-c", `${mount} && grep -q Charging /sys/class/power_supply/BAT0/status`], { encoding: "utf8" });
  if (tried.status !== 0) {
    skip = `this account may not mount a folder for one process: ${tried.stderr}`;
    return;
  }
  house.starter = join(house.home, "start.sh");
  writeFileSync(house.starter, `#!/bin/sh\nexec unshare -m sh -c "${mount} && exec '${program}' \\"\\$@\\"" sh "$@"\n`, { mode: 0o755 });
  ({ page, address } = await house.openEarning());
});
after(() => house.leave());

test("on mains and cool it earns, and nothing is said of what cannot be seen", async (t) => {
  if (skip) return t.skip(skip);
  work();
  await page.click("#earn");
  await is("rendering", 120_000);
  assert.equal((await reason()).text, "Earning: a tile is being rendered");
  assert.match(await page.text("#gpu-list"), /45 °C/);
});

test("on its battery it pauses, and goes on when it is plugged in again", async (t) => {
  if (skip) return t.skip(skip);
  battery("Discharging", 80);
  await is("on_battery", 10_000);
  assert.deepEqual(await reason(), { text: "Paused: this computer runs on its battery", phase: "paused", code: "on_battery" });
  assert.equal(status().sentence, "Paused: this computer runs on its battery");
  await shot("battery");
  battery("Charging", 80);
  await is("rendering", 60_000);
});

test("an owner may let it work on its battery, and a low one pauses it all the same", async (t) => {
  if (skip) return t.skip(skip);
  await page.run("() => document.querySelector('#rule-battery').click()");
  battery("Discharging", 80);
  await new Promise((wake) => setTimeout(wake, 4_000));
  assert.equal((await reason()).phase, "working");
  battery("Discharging", 12);
  await is("battery_low", 10_000);
  assert.match((await reason()).text, /12/);
  await shot("battery-low");
  await page.run("() => document.querySelector('#rule-battery').click()");
  battery("Charging", 30);
  await is("rendering", 60_000);
});

test("what gets too hot pauses, and goes on only when it has cooled down", async (t) => {
  if (skip) return t.skip(skip);
  heat(93);
  await is("too_hot", 10_000);
  assert.match((await reason()).text, /93 °C.*70 °C/);
  assert.deepEqual([status().code, status().adapter_celsius], ["too_hot", 93]);
  await until(async () => (await page.text("#gpu-list")).includes("93 °C"), 5_000, "the list says it too");
  await shot("hot");
  heat(72);
  await new Promise((wake) => setTimeout(wake, 4_000));
  assert.equal((await reason()).code, "too_hot", "72 °C is below the limit and not yet cool");
  heat(60);
  await is("rendering", 60_000);
});
