// Updates, in the real window: signed with a key of the test's own, served on this computer, and put in the place of a file that stands for the
// program's AppImage. What is put there is `touch`: started in the program's place with its words, it leaves a new date on the scene.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";

const tauri = join(import.meta.dirname, "../node_modules/.bin/tauri");
const house = new House();
const scene = join(house.home, "again.glb");
const image = join(house.home, "Tessera.AppImage");
const packed = join(house.home, "Tessera_9.0.0.AppImage");
/** Addresses that were asked for. */
const asked = [];
/** What is served under each address. */
const served = {};
let server;
let page;

const said = () => page.run("() => { const u = document.querySelector('#updates'); return u && { text: u.textContent, ...u.dataset }; }");
const phase = (wanted, patience = 30_000) => until(async () => (await said())?.phase === wanted, patience, `the update is ${wanted}`);
const shot = async (name) => {
  await page.run("() => document.querySelector('#updates').scrollIntoView()");
  await page.picture(join(pictures, `update-${name}.png`));
};

function signer(...words) {
  const { status, stdout, stderr } = spawnSync(tauri, ["signer", ...words], { encoding: "utf8", env: { ...process.env, CI: "true" } });
  assert.equal(status, 0, stdout + stderr);
}
function makeKey(name) {
  const path = join(house.home, name);
  signer("generate", "--ci", "-p", "", "-w", path);
  return { path, words: readFileSync(`${path}.pub`, "utf8").trim() };
}
function signature(key, version) {
  signer("sign", "-f", key.path, "-p", "", "--app-version", version, packed);
  return readFileSync(`${packed}.sig`, "utf8").trim();
}
/** A list as `cargo xtask release` writes it, but that a program that no bundler packed knows no kind of package. */
function list(version, signature, platform = "linux-x86_64") {
  const url = `http://127.0.0.1:${server.address().port}/Tessera.AppImage`;
  return JSON.stringify({ version, platforms: { [platform]: { url, signature } } });
}
async function open(...words) {
  page = await house.open(scene, ...words);
  await until(() => page.run("() => document.querySelector('#purpose-render') !== null || document.querySelector('#go-settings') !== null"), 120_000, "the page is there");
  await page.run("() => document.querySelector('#purpose-render')?.click()");
  await page.click("#go-settings");
  await page.find("#updates");
}
const ask = (command, words = {}) => page.runLong("(command, words) => window.__TAURI_INTERNALS__.invoke(command, words)", command, words);
const state = async () => (await ask("scenery")).update;
/** Presses "look now", and waits until the answer is seen. */
async function look() {
  const before = (await state()).looked_s;
  await page.click("#update-look");
  await until(async () => (await state()).looked_s !== before, 30_000, "there is an answer");
  const { phase: answer } = await state();
  await phase(answer);
}

let key;
let stranger;
before(async () => {
  copyFileSync(join(scenes, "studio.glb"), scene);
  utimesSync(scene, 1, 1);
  for (const path of [image, packed]) copyFileSync("/usr/bin/touch", path);
  // Not the same as what comes.
  writeFileSync(image, "the old version");
  chmodSync(image, 0o755);
  key = makeKey("makers.key");
  stranger = makeKey("stranger.key");
  served["/Tessera.AppImage"] = readFileSync(packed);
  server = createServer((request, answer) => {
    asked.push(request.url);
    const body = served[request.url];
    answer.writeHead(body === undefined ? 404 : 200).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  house.env.TESSERA_UPDATE_TRY_KEY = key.words;
  house.env.TESSERA_UPDATE_TRY_URL = `http://127.0.0.1:${server.address().port}/{channel}/latest.json`;
  house.env.APPIMAGE = image;
  await open();
});
beforeEach(() => asked.splice(0));
after(async () => {
  server.close();
  await house.leave();
});

test("nobody is asked before the person says so", async () => {
  await new Promise((wake) => setTimeout(wake, 2_000));
  assert.deepEqual(asked, []);
  const { source, phase } = await said();
  assert.deepEqual({ source, phase }, { source: "place", phase: "resting" });
  assert.equal(await page.run("() => document.querySelector('#updates-never input').checked"), true);
  await shot("resting");
});

test("a server without a list and one that is not there are told in two sentences", async () => {
  await look();
  assert.equal((await said()).trouble, "answer");
  assert.deepEqual(asked, ["/stable/latest.json"]);
  await page.run("() => document.querySelector('#update-look').scrollIntoView()");
  served["/stable/latest.json"] = "no list";
  await look();
  assert.equal((await said()).trouble, "answer");
});

test("an older version is refused and said to be older, this one is the newest", async () => {
  served["/stable/latest.json"] = list("0.0.1", signature(key, "0.0.1"));
  await look();
  assert.equal((await said()).phase, "older");
  assert.match((await said()).text, /0\.0\.1, which is older/);
  assert.equal(await page.run("() => document.querySelector('#update-install')"), null, "it cannot be installed");
  await shot("older");
  served["/stable/latest.json"] = list(JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")).version, "");
  await look();
  assert.equal((await said()).phase, "latest");
  served["/stable/latest.json"] = list("9.0.0", "", "darwin-aarch64-app");
  await look();
  assert.equal((await said()).trouble, "not_for_this");
});

for (const [name, trouble, make] of [
  ["signed by a stranger", "signature", () => list("9.0.0", signature(stranger, "9.0.0"))],
  ["whose signature is none", "signature", () => list("9.0.0", "bm9uZQ==")],
  ["that is an older one under a new name", "version", () => list("9.0.0", signature(key, "0.0.1"))],
  ["changed on the way", "signature", () => {
    served["/Tessera.AppImage"] = Buffer.concat([readFileSync(packed), Buffer.from("!")]);
    return list("9.0.0", signature(key, "9.0.0"));
  }],
  ["that does not come over a secure connection", "package", () => list("9.0.0", signature(key, "9.0.0")).replace(/http:[^"]*\//, "http://updates.invalid/")],
]) {
  test(`a package ${name} is thrown away`, async () => {
    served["/stable/latest.json"] = make();
    await look();
    await phase("found");
    await page.click("#update-install");
    await phase("failed");
    assert.equal((await said()).trouble, trouble);
    await page.find("#updates [role=alert]");
    await shot(`refused-${trouble}`);
    assert.equal(readFileSync(image, "utf8"), "the old version");
    served["/Tessera.AppImage"] = readFileSync(packed);
  });
}

test("the preview has a list of its own, and choosing a channel looks at once", async () => {
  served["/preview/latest.json"] = list("9.0.0-rc.1", signature(key, "9.0.0-rc.1"));
  await page.click("#updates-preview");
  await phase("found");
  assert.deepEqual(asked, ["/preview/latest.json"]);
  assert.match((await said()).text, /Tessera 9\.0\.0-rc\.1 is there/);
  served["/stable/latest.json"] = list("9.0.0", signature(key, "9.0.0"));
  await page.click("#updates-stable");
  await until(async () => /Tessera 9\.0\.0 is there/.test((await said()).text), 30_000, "the release is found");
  await shot("found");
});

test("who chose a channel has it looked at when the program starts", async () => {
  await open();
  await phase("found");
  assert.deepEqual(asked, ["/stable/latest.json"]);
});

test("while something is rendered nothing is installed; then it asks, is installed, and the new version is started", async () => {
  await page.click("#go-render");
  await page.click("#quality-max");
  await page.click("#start");
  await until(() => page.run("() => document.querySelector('#outcome')?.dataset.outcome === 'running'"), 60_000, "it renders");
  await page.click("#go-settings");
  await page.click("#update-install");
  await phase("waits_for_render");
  await new Promise((wake) => setTimeout(wake, 3_000));
  assert.equal((await said()).phase, "waits_for_render");
  assert.equal(readFileSync(image, "utf8"), "the old version");
  await shot("waits");
  await page.run("() => window.__TAURI_INTERNALS__.invoke('scenery').then(({ cards }) => window.__TAURI_INTERNALS__.invoke('stop', { id: cards[0].id }))");
  await phase("asks", 60_000);
  assert.equal(readFileSync(image, "utf8"), "the old version", "it only asks");
  await shot("asks");
  await page.click("#update-later");
  await phase("found");
  await page.click("#update-install");
  // Nothing is in its way now, so there is nothing more to ask.
  await until(() => statSync(scene).mtimeMs > 10_000, 60_000, "what was put in place was started with this program's words");
  assert.deepEqual(readFileSync(image), readFileSync(packed));
  await until(() => house.pid() === 0, 20_000, "the old version has ended");
});

test("a tile in hand is finished and sent before an update is installed, and the node earns on after that", async () => {
  const coordinator = house.begin("coordinator", "--listen", "127.0.0.1:0", "--data", join(house.home, "coordinator"));
  const address = await until(() => /^tessera:\/\/\S+/m.exec(coordinator.said)?.[0], 30_000, "the coordinator tells its address");
  writeFileSync(image, "the old version");
  utimesSync(scene, 1, 1);
  await open();
  await phase("found");
  const earning = async () => (await ask("scenery")).earning;
  const { settings } = await ask("scenery");
  await ask("set_settings", { settings: { ...settings, earn_coordinator: address, updates_ask: false } });
  await ask("set_earn_rules", { rules: { ...(await ask("earn_rules")), only_when_idle: false } });
  await ask("earn");
  house.begin("submit", scene, "--coordinator", address, "-o", join(house.home, "job.exr"), "--denoise", "off", "--size", "512x256", "--spp", "256", "--tile", "128");
  await until(async () => (await earning()).is_rendering, 240_000, "a tile is rendered");
  const before = (await earning()).tiles_done;
  await page.click("#update-install");
  await phase("waits_for_tile");
  const waiting = await earning();
  assert.equal(waiting.is_rendering, true, "the tile goes on");
  assert.equal(readFileSync(image, "utf8"), "the old version");
  await shot("tile");
  // Looked at until the node ends with the program; what it said last of its tiles counts.
  let last = waiting;
  await until(async () => {
    const now = await earning().catch(() => null);
    if (now !== null && now.last.length > 0) last = now;
    return statSync(scene).mtimeMs > 10_000;
  }, 300_000, "the new version was started");
  // What lay ready behind it was handed back, without blame; the tile itself is in the coordinator's ledger.
  assert.ok(last.last.every((end) => ["delivered", "given_back"].includes(end.outcome)), JSON.stringify(last.last));
  await until(() => house.pid() === 0, 20_000, "the old version has ended");
  const ledger = house.cli("statement", "--coordinator", address, "--data", join(house.env.XDG_DATA_HOME, "tessera/node"));
  assert.equal(ledger.status, 0, ledger.stdout + ledger.stderr);
  const tiles = ledger.stdout.trim().split("\n").length - 1;
  assert.ok(tiles > before, `${tiles} lines in the ledger after ${before} tiles: ${ledger.stdout}`);
  await open();
  await until(async () => (await earning()).phase === "working", 120_000, "it earns on by itself");
});

test("without a place, and from the system's packages, the window says so and offers nothing", async () => {
  delete house.env.TESSERA_UPDATE_TRY_KEY;
  await open();
  const { source, text } = await said();
  assert.equal(source, "nowhere");
  assert.match(text, /knows no place that updates come from/);
  assert.equal(await page.run("() => document.querySelector('#update-look')"), null);
  await page.run("() => window.__TAURI_INTERNALS__.invoke('look_for_updates')");
  await new Promise((wake) => setTimeout(wake, 1_000));
  assert.deepEqual(asked, []);
  await shot("nowhere");
});
