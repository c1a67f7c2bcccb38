// Every place of the window in both languages, both themes and three sizes: nothing is cut off, and nobody is shut out.
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const house = new House();
let page;
before(async () => {
  // As from a package that could update itself: the settings have most to show then. Nobody is asked.
  Object.assign(house.env, { APPIMAGE: join(house.home, "Tessera.AppImage"), TESSERA_UPDATE_TRY_KEY: "none", TESSERA_UPDATE_TRY_URL: "http://127.0.0.1:9/{channel}" });
  copyFileSync(join(scenes, "studio.glb"), join(house.home, "Kitchen.glb"));
  page = await house.open(join(house.home, "Kitchen.glb"));
  await page.click("#purpose-render");
  await page.find("#found dl");
  await page.click("#quality-draft");
  await page.fill("#width", "160");
  await page.click("#start");
  await until(() => page.run("() => document.querySelector('#outcome')?.dataset.outcome === 'done'"), 300_000, "there is something to show");
  await page.end();
  await house.clear();
  rememberFilm();
  page = await house.open();
});
after(() => house.leave());

/** Frames of a film that was rendered earlier. */
const FILM = 1000;

/** Puts such a film beside the render that there is, each of whose frames looks like that one. */
function rememberFilm() {
  const list = join(house.home, "data/tessera/desktop/renders.json");
  const cards = JSON.parse(readFileSync(list, "utf8"));
  const [card] = cards;
  const written = Array.from({ length: FILM }, (_, at) => at + 1);
  for (const frame of written) symlinkSync(card.preview, join(house.home, `film.${String(frame).padStart(4, "0")}.preview.png`));
  const order = { ...card.order, scene: join(house.home, "film.glb"), output: join(house.home, "film.####.exr"), frames: `1-${FILM}` };
  writeFileSync(list, JSON.stringify([{ ...card, id: "r1", order, frames: FILM, begun: written, written }, ...cards]));
}

const places = ["render", "earn", "watch", "settings"];

/** Words and boxes that reach out of what shows them. A path or a name may be cut where it says so. */
const cutOff = () =>
  page.run(`() => [...document.querySelectorAll("main, main *, nav *, footer *")].filter((e) => {
    if (e.closest(".cut, .unseen, canvas, svg, select, input, textarea, [hidden]")) return false;
    const style = getComputedStyle(e);
    const isShort = style.overflowY === "hidden" && (e.scrollHeight > e.clientHeight + 1 || e.scrollTop > 0);
    if (isShort) return true;
    if (style.overflowX === "visible" && e.tagName !== "MAIN") return false;
    return e.scrollWidth > e.clientWidth + 1;
  }).map((e) => e.tagName + "." + e.className + " " + (e.textContent ?? "").slice(0, 60))`);

/** Sentences of the accessibility scan that are serious. */
async function scan() {
  await page.run(`() => { if (!window.axe) { ${axe} } }`);
  const { passed, serious } = await page.runLong("async () => { const { violations, passes } = await window.axe.run(document); return { passed: passes.length, serious: violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).join(', ')) }; }");
  assert.ok(passed > 10, "the scan has looked at the page");
  return serious;
}

/** Chooses by clicking, as a person would. */
async function set(group, value) {
  await page.click("#go-settings");
  await page.click(`#${group}-${value}`);
}

for (const [theme, language, width, height] of [
  ["dark", "en", 1280, 800],
  ["light", "de", 1280, 800],
  ["dark", "de", 900, 600],
  ["light", "en", 900, 600],
]) {
  test(`all places are whole and open to everybody: ${theme}, ${language}, ${width}x${height}`, async () => {
    await page.resize(width, height);
    await set("theme", theme);
    await set("language", language);
    assert.equal(await page.run("() => document.documentElement.lang"), language);
    for (const place of places) {
      await page.click(`#go-${place}`);
      await page.find("main h1");
      await page.picture(join(pictures, `${place}-${theme}-${language}-${width}.png`));
      assert.deepEqual(await cutOff(), [], `${place}: something is cut off`);
      assert.deepEqual(await scan(), [], `${place}: the scan finds something serious`);
    }
  });
}

test("a film of a thousand frames scrolls as a short one, and has a picture for each frame that is looked at", async () => {
  await page.click("#go-watch");
  const cells = () => page.run("() => document.querySelectorAll('.wall li:first-child .cell').length");
  const seen = (frame) => page.run("(frame) => document.querySelector(`.wall [data-frame='${frame}']`)?.dataset.seen === 'true'", frame);
  await until(() => seen(1), 20_000, "the first frame has its picture");
  assert.ok((await cells()) < 40, `${await cells()} cells`);
  const times = await page.runLong(`() => new Promise((done) => {
    const sheet = document.querySelector(".wall .strip");
    const [times, began] = [[], performance.now()];
    let last = began;
    const step = (now) => {
      times.push(now - last);
      last = now;
      sheet.scrollTop = ((now - began) / 3000) * sheet.scrollHeight;
      if (now - began < 3000) requestAnimationFrame(step);
      else done(times.slice(1).sort((a, b) => a - b));
    };
    requestAnimationFrame(step);
  })`);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(0);
  console.log(`scrolling over ${FILM} frames in 3 s: ${times.length} pictures of the window, median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)} ms`);
  await page.run("() => { const sheet = document.querySelector('.wall .strip'); sheet.scrollTop = sheet.scrollHeight; }");
  await until(() => seen(FILM), 20_000, "the last frame has its picture");
  assert.ok((await cells()) < 40, `${await cells()} cells`);
  await page.picture(join(pictures, "watch-film.png"));
});

test("what goes wrong is told in the window's language", async () => {
  await set("language", "de");
  const text = join(house.home, "notes.txt");
  writeFileSync(text, "buy milk\n");
  const second = house.second(text);
  assert.equal(second.status, 0, second.stderr);
  await page.find("[role=alert]");
  const told = await page.run("() => [...document.querySelectorAll('[role=alert] p')].map((p) => p.textContent)");
  assert.match(told[0], /^notes\.txt ist nicht zu gebrauchen: der Anfang ist weder/);
  assert.match(told[1], /^Gib eine Szene in glTF 2\.0 an/);
  await page.picture(join(pictures, "error-de.png"));
  await page.click("[role=alert] button");
  await set("language", "en");
});

test("on a screen with twice the pixels, in the smallest window, nothing is cut off either", async () => {
  house.env = { ...house.env, GDK_SCALE: "2" };
  page = await house.reopen();
  await page.find("main h1");
  assert.equal(await page.run("() => devicePixelRatio"), 2);
  await page.resize(720, 520);
  for (const place of places) {
    await page.click(`#go-${place}`);
    await page.find("main h1");
    await page.picture(join(pictures, `${place}-twice.png`));
    assert.deepEqual(await cutOff(), [], `${place}: something is cut off`);
  }
});
