// Render, in the real window: from the first question to an EXR, wrong files, a second start, and a crash in the middle.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Keys, until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";
import { spent } from "./process.mjs";

const house = new House();
let page;
const outcome = () => page.run("() => document.querySelector('#outcome')?.dataset.outcome ?? null");
const shot = (name) => page.picture(join(pictures, `${name}.png`));
before(async () => {
  page = await house.open();
});
after(() => house.leave());

test("the first start asks one question, and its answer is there at the next", async () => {
  await page.find("#purpose-earn");
  await shot("welcome");
  await page.click("#purpose-earn");
  await page.find("#earn-coordinator");
  page = await house.reopen();
  await page.find("#earn-coordinator");
  assert.equal(await page.text("#purpose-earn"), null, "the question is not asked again");
  await page.click("#go-render");
  await page.find("#sample");
  await shot("render-empty");
});

test("the sample scene shows its first tile soon and becomes a sound EXR with a preview", async () => {
  const began = Date.now();
  await page.click("#sample");
  const painted = "() => { const c = document.querySelector('#mosaic'); if (!c || !c.width) return false; const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; for (let i = 3; i < d.length; i += 4) if (d[i]) return true; return false; }";
  await until(() => page.run(painted), 60_000, "a tile is visible");
  const seconds = (Date.now() - began) / 1000;
  await shot("render-running");
  console.log(`first visible tile of the sample scene: ${seconds.toFixed(1)} s after the click`);
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  await shot("render-done");
  const exr = await page.text("#picture");
  assert.deepEqual(house.exrs(join(exr, "..")), [exr]);
  const check = house.cli("exr", "check", exr);
  assert.equal(check.status, 0, check.stdout + check.stderr);
  const png = readFileSync(exr.replace(/\.exr$/, ".preview.png"));
  assert.equal(png.subarray(1, 4).toString(), "PNG");
  const verified = house.cli("verify", exr);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
});

test("a text and half a scene give one sentence and one advice, and the window goes on", async () => {
  const text = join(house.home, "notes.txt");
  writeFileSync(text, "buy milk\n");
  const half = join(house.home, "half.glb");
  const whole = readFileSync(join(scenes, "studio.glb"));
  writeFileSync(half, whole.subarray(0, whole.length / 2));
  for (const wrong of [text, half]) {
    assert.equal(house.cli("scene", "check", wrong).status, 3, "the command line refuses it too");
    const second = house.second(wrong);
    assert.equal(second.status, 0, second.stderr);
    await page.find("[role=alert]");
    const told = await page.run("() => [...document.querySelectorAll('[role=alert] p')].map((p) => p.textContent)");
    assert.equal(told.length, 2, `what happened and what to do: ${told}`);
    assert.ok(told.every((sentence) => sentence.length > 10), told.join());
    await shot(wrong === text ? "error-text" : "error-half");
    await page.click("[role=alert] button");
  }
});

test("a second start hands over its path and ends; pre-flight names cameras and frames within seconds", async () => {
  copyFileSync(join(scenes, "studio.glb"), join(house.home, "Kitchen.glb"));
  const began = Date.now();
  const second = house.second("Kitchen.glb");
  assert.equal(second.status, 0, second.stderr);
  await page.find("#found dl");
  const seconds = (Date.now() - began) / 1000;
  console.log(`pre-flight ${seconds.toFixed(1)} s after the second start`);
  const found = await page.text("#found");
  const told = JSON.parse(house.cli("--json", "scene", "check", join(scenes, "studio.glb")).stdout.split("\n")[0]);
  const report = JSON.stringify(told);
  const camera = await page.run("() => document.querySelector('#camera').selectedOptions[0].textContent");
  assert.ok(report.includes(camera), `${camera} is a camera of the scene`);
  assert.match(found, /0-24/);
  const looked = Date.now();
  await page.find("#viewfinder:not([hidden])", 60_000);
  console.log(`what the camera sees is there ${((Date.now() - looked) / 1000).toFixed(1)} s later`);
  await until(() => page.run("() => document.querySelector('#viewfinder').ariaBusy === 'false'"), 60_000, "enough is seen");
  await shot("preflight");
  await page.click("details summary");
  await shot("preflight-more");
});

test("files that come while a form is filled in wait behind it, and the next one is a button away", async () => {
  await page.fill("#width", "300");
  const waiting = join(house.home, "Hall.glb");
  copyFileSync(join(scenes, "studio.glb"), waiting);
  house.second("notes.txt", "Hall.glb");
  await page.find("#waiting");
  assert.equal(await page.run("() => document.querySelector('#width').value"), "300", "what was filled in is there");
  assert.match(await page.text("[role=alert]"), /"notes\.txt" is left out/);
  await shot("preflight-after-failure");
  await page.click("#queue-next");
  await until(async () => (await page.text("h1")) === "Hall.glb", 30_000, "what is no scene loses none behind it");
  await page.click("form .quiet");
  await page.find("#sample");
  house.second("Kitchen.glb");
  await page.find("#found dl");
});

test("each frame can be looked at, the picture takes the form's shape, and a lens without a focus says what is missing", async () => {
  const busy = "() => document.querySelector('#viewfinder').ariaBusy === 'true'";
  const seen = () => page.run("() => { const c = document.querySelector('#viewfinder'); return [c.width, c.height, c.toDataURL()]; }");
  const isLeft = async () => !(await page.run(busy));
  const still = await until(async () => (await isLeft()) && (await page.find("#viewfinder:not([hidden])")) && seen(), 60_000, "it is seen");
  await page.click(".all");
  await page.find("#viewfinder-frame");
  await page.run("() => { const slider = document.querySelector('#viewfinder-frame'); slider.value = 12; slider.dispatchEvent(new Event('input', { bubbles: true })); }");
  await until(async () => (await page.text("figure"))?.includes("Frame 12"), 60_000, "another frame is seen");
  const [width, height, frame] = await seen();
  assert.deepEqual([width, height], still.slice(0, 2));
  assert.notEqual(frame, still[2], "the flight goes on");
  await shot("preflight-frame");
  await page.fill("#height", "480");
  await until(async () => (await seen())[1] !== height, 60_000, "it is taller");
  await page.run("() => { document.querySelector('#f-stop').closest('details').open = true; }");
  await page.fill("#f-stop", "2.8");
  assert.match(await until(() => page.text("figure [role=alert]"), 30_000, "it is told"), /focus/);
  await page.fill("#f-stop", "0");
  await until(async () => (await page.run("() => document.querySelector('figure [role=alert]') === null")), 60_000, "it is seen again");
  await page.run("() => { const frames = document.querySelector('#frames'); frames.value = ''; frames.dispatchEvent(new Event('change', { bubbles: true })); }");
});

test("the form's words are what is rendered", async () => {
  await page.fill("#width", "256");
  assert.equal(await page.run("() => document.querySelector('#height').value"), "144", "the camera's aspect is kept");
  await page.click("#quality-draft");
  await page.click("#forecast");
  const told = await until(() => page.run("() => document.querySelector('#forecast-answer')?.textContent"), 120_000, "what it will take is told");
  assert.match(told, /^About \d+:\d\d; nine times in ten within \d+:\d\d$/);
  await page.run("() => document.querySelector('#forecast').scrollIntoView()");
  await shot("preflight-forecast");
  await page.click("#quality-good");
  assert.equal(await page.run("() => document.querySelector('#forecast-answer')"), null, "another form has another answer");
  await page.click("#quality-draft");
  await page.click("#start");
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  const info = house.cli("--json", "exr", "info", join(house.home, "Kitchen.exr")).stdout;
  assert.match(info, /256/);
  assert.match(info, /144/);
});

/** In tiles so small that the first is soon there: what takes long enough to be stopped in the middle, and what is not over for minutes. */
const LONG = { width: "256", size: "256x144", spp: "64", tile: "64" };
const LONGER = { width: "640", tile: "64" };
const FILM = { width: "256", size: "256x144", frames: "0-3" };

/** The picture of such a render that nothing held up; rendered once. */
function wholeLong() {
  const whole = join(house.home, "whole.exr");
  const words = ["render", join(house.home, "Kitchen.glb"), "-o", whole, "--size", LONG.size, "--spp", LONG.spp, "--tile", LONG.tile];
  if (!existsSync(whole)) assert.equal(house.cli(...words).status, 0);
  return whole;
}

/** Opens the form for such a render, and starts it. */
async function startLong({ width, tile } = LONG) {
  house.second("Kitchen.glb");
  await page.find("#found dl");
  await page.click("#quality-good");
  await page.fill("#width", width);
  await page.run("() => { document.querySelector('#tile').closest('details').open = true; }");
  await page.fill("#tile", tile);
  await page.click("#start");
  await until(() => page.run("() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow ?? 0) >= 1"), 120_000, "a tile is rendered");
}

test("a paused render stands still and frees the processor, and goes on to the picture of one that never paused", async () => {
  await startLong();
  const done = () => page.run("() => Number(document.querySelector('[role=progressbar]').ariaValueNow)");
  const isPaused = () => page.run("() => document.querySelector('#outcome').dataset.paused === 'true'");
  await page.click("#pause-render");
  await until(isPaused, 30_000, "it pauses");
  // What was in hand is finished first.
  let quiet = false;
  for (let look = 0; look < 20 && !quiet; look += 1) {
    const [before, from] = [await done(), spent(house.pids())];
    await new Promise((wake) => setTimeout(wake, 2_000));
    quiet = (await done()) === before && spent(house.pids()).cpu_s - from.cpu_s < 0.5;
  }
  assert.ok(quiet, "it stands still");
  assert.equal(await outcome(), "running");
  await shot("render-paused");
  await page.click("#resume-render");
  await until(async () => !(await isPaused()), 30_000, "it goes on");
  // Who stops a paused render and goes on with it wants it to go on.
  await page.click("#pause-render");
  await until(isPaused, 30_000, "it pauses again");
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped");
  await page.click("#go-on");
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  const paused = await page.text("#picture");
  assert.ok(house.haveSameBits(paused, wholeLong()));
});

test("stop and keep leaves a sound picture of what is done", async () => {
  await startLong();
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped");
  await shot("render-stopped");
  const partial = await page.text("#picture");
  assert.match(partial, /\.partial\.exr$/);
  const check = house.cli("exr", "check", partial);
  assert.match(check.stdout + check.stderr, /not finished/, "that it is unfinished is all there is to say");
  assert.equal(house.cli("exr", "info", partial).status, 0);
});

test("a stopped render goes on where it was, to the picture of one that was never stopped", async () => {
  const kept = await page.run("() => Number(document.querySelector('[role=progressbar]').ariaValueNow)");
  await page.click("#go-on");
  const first = await until(() => page.run("() => Number(document.querySelector('[role=progressbar]').ariaValueNow)"), 10_000, "it goes on");
  assert.ok(first >= kept, `${first} % after ${kept} %`);
  // It is the same card: it can be stopped a second time, and goes on from there.
  await until(() => page.run("(kept) => Number(document.querySelector('[role=progressbar]').ariaValueNow) > kept", kept), 120_000, "another tile is rendered");
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped again");
  await page.click("#go-on");
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  const stopped = await page.text("#picture");
  assert.equal(house.cli("verify", stopped).status, 0);
  assert.ok(house.haveSameBits(stopped, wholeLong()));
});

/** Starts four frames of the scene's animation, and waits until one is in place and the next is begun. */
async function startFilm(output) {
  house.second("Kitchen.glb");
  await page.find("#found dl");
  await page.click("#quality-draft");
  await page.fill("#width", FILM.width);
  await page.fill("#frames", FILM.frames);
  await page.press(Keys.tab);
  await until(() => page.run("() => document.querySelector('#output').value.includes('####')"), 10_000, "the name has room for numbers");
  await page.fill("#output", output);
  await page.click("#start");
}

test("finish completes the frames that are begun, begins no other, can be taken back, and goes on to the same pictures", async () => {
  const film = join(house.home, "film.####.exr");
  await startFilm(film);
  const words = () => page.run("() => [...document.querySelectorAll('.status.partial .title')].map((p) => p.textContent).join(' ')");
  await until(async () => house.exrs(house.home).includes(film.replace("####", "0000")), 120_000, "the first frame is there");
  await page.click("#finish-frames");
  const said = await until(async () => (await words()).match(/Finishing frame \d+, then it stops/)?.[0], 5_000, "it is said which frame is finished");
  await shot("render-finishing");
  await page.click("#do-not-finish");
  await until(async () => !(await words()).includes("Finishing"), 5_000, "it goes on");
  assert.equal(await outcome(), "running");
  await page.click("#finish-frames");
  await until(async () => (await outcome()) === "stopped", 120_000, "it has stopped");
  await shot("render-finished-frames");
  const there = house.exrs(house.home).filter((path) => path.includes("film."));
  assert.ok(there.includes(film.replace("####", said.match(/\d+/)[0].padStart(4, "0"))), `${said}: ${there}`);
  assert.ok(there.length < 4, `the others are not begun: ${there}`);
  assert.deepEqual(readdirSync(house.home).filter((name) => name.endsWith(".partial.exr") && name.startsWith("film.")), [], "and no part of one is kept");
  await page.click("#go-on");
  await until(async () => (await outcome()) === "done", 300_000, "the render is done");
  const whole = join(house.home, "unstopped.####.exr");
  const asked = ["render", join(house.home, "Kitchen.glb"), "-o", whole, "--size", FILM.size, "--spp", "16", "--frames", FILM.frames];
  assert.equal(house.cli(...asked).status, 0);
  for (const frame of ["0000", "0001", "0002", "0003"]) {
    assert.ok(house.haveSameBits(film.replace("####", frame), whole.replace("####", frame)), `frame ${frame}`);
  }
  await page.click("#go-watch");
  const seen = "() => [...document.querySelectorAll('.wall li:first-child [data-seen=true]')].map((cell) => cell.dataset.frame).join()";
  await until(async () => (await page.run(seen)) === "0,1,2,3", 15_000, "Watch shows a picture of every frame");
  await shot("watch-frames");
  await page.click("#go-render");
});

test("killed in the middle, the next start takes the render up by itself, twice, and then asks", async () => {
  await startLong(LONGER);
  for (const start of [1, 2]) {
    process.kill(house.pid(), "SIGKILL");
    await page.end();
    page = await house.open();
    await page.click("footer button");
    await until(async () => (await outcome()) === "running", 30_000, `start ${start} has taken it up`);
    await page.find(".status.partial");
    if (start === 1) await shot("taken-up");
  }
  process.kill(house.pid(), "SIGKILL");
  await page.end();
  page = await house.open();
  await page.click("#go-render");
  await page.find("#resume");
  await shot("cut-off");
  await page.click("#resume");
  await until(() => page.run("() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow ?? 0) >= 1"), 120_000, "it is rendered again");
  assert.equal(await outcome(), "running");
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped");
});

test("a list of renders that cannot be read loses no work", async () => {
  const done = await page.run("() => Number(document.querySelector('[role=progressbar]').ariaValueNow)");
  process.kill(house.pid(), "SIGKILL");
  await page.end();
  const list = join(house.home, "data/tessera/desktop/renders.json");
  writeFileSync(list, readFileSync(list).subarray(0, 99));
  page = await house.open();
  await page.click("#go-render");
  await page.click("#resume");
  const goesOn = () => page.run("(done) => Number(document.querySelector('[role=progressbar]')?.ariaValueNow ?? 0) >= done", done);
  await until(goesOn, 60_000, "it goes on where it was");
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped");
  assert.ok(existsSync(list.replace(".json", ".unreadable.json")), "what could not be read is set aside");
});

test("a page whose process is killed comes back, and the render goes on", async () => {
  house.second("Kitchen.glb");
  await page.find("#found dl");
  await page.click("#quality-good");
  await page.fill("#width", "256");
  const output = await page.run("() => document.querySelector('#output').value");
  await page.click("#start");
  await page.find("#stop");
  const drawn = () => house.pids((binary) => binary.endsWith("WebKitWebProcess"));
  const [before] = drawn();
  process.kill(before, "SIGKILL");
  await until(() => drawn().some((pid) => pid !== before), 10_000, "another process draws the page");
  await until(() => existsSync(output), 120_000, "the picture is there");
  assert.equal(house.cli("verify", output).status, 0);
  page = await house.reopen();
});

test("keys alone go from the start to a render, and focus is always seen", async () => {
  await page.click("#go-settings");
  await until(() => page.run("() => document.querySelector('#go-settings').getAttribute('aria-current') === 'page'"), 5_000, "the settings are shown");
  await page.together(Keys.alt, "1");
  await until(() => page.run("() => document.querySelector('#go-render').getAttribute('aria-current') === 'page'"), 5_000, "a key goes to the place");
  await page.run("() => document.activeElement?.blur()");
  const focused = () => page.run("() => { const e = document.activeElement; const s = getComputedStyle(e); return { id: e.id, seen: s.outlineStyle !== 'none' || e.matches('.unseen') } }");
  const back = await page.run("() => [...document.querySelectorAll('main button')].length > 0 && document.querySelector('#sample') === null");
  if (back) await page.run("() => document.querySelector('main button').focus()").then(() => page.press(Keys.enter));
  await page.find("#sample");
  await page.run("() => document.activeElement?.blur()");
  for (let presses = 0; ; presses += 1) {
    assert.ok(presses < 40, "the sample's button is reached");
    await page.press(Keys.tab);
    const { id, seen } = await focused();
    assert.ok(seen, `focus on ${id} is seen`);
    if (id === "sample") break;
  }
  await shot("keyboard-focus");
  await page.press(Keys.enter);
  await until(async () => (await outcome()) === "running", 30_000, "it is rendered");
  await page.click("#stop");
  await until(async () => (await outcome()) === "stopped", 60_000, "it has stopped");
});
