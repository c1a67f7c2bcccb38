// Earn, in the real window: a coordinator, an artist and this window's node, the owner's rules with a real pointer, and every state on a picture.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort, until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";

/** From a touch to the reason, milliseconds. */
const TOLD_MS = 500;

const house = new House();
const nodeFolder = join(house.env.XDG_DATA_HOME, "tessera/node");
const rulesFile = join(house.env.XDG_DATA_HOME, "tessera/desktop/rules.toml");
let page;
let tray;
let address;

const shot = (name) => page.picture(join(pictures, `earn-${name}.png`));
const reason = () => page.run("() => { const r = document.querySelector('#reason'); return r && { text: r.textContent, ...r.dataset }; }");
const code = async () => (await reason())?.code;
const is = (wanted, patience = 30_000) => until(async () => (await code()) === wanted, patience, `the reason is ${wanted}`);
const outcomes = () => page.run("() => [...document.querySelectorAll('#tiles [data-outcome]')].map((tile) => tile.dataset.outcome)");
const tick = (id, wanted) => page.run("(id, wanted) => { const box = document.querySelector(id); if (box.checked !== wanted) box.click(); }", id, wanted);
/** What `tessera node status --json` says. */
function status() {
  const said = house.cli("--json", "node", "status").stdout;
  return JSON.parse(said.split("\n")[0]).value;
}
/** Types into a field and leaves it, as a person does. */
async function enter(css, text) {
  await page.fill(css, text);
  await page.run("(css) => { const field = document.querySelector(css); field.dispatchEvent(new Event('change', { bubbles: true })); field.blur(); }", css);
}
async function settings(change) {
  await page.run("(change) => window.__TAURI_INTERNALS__.invoke('scenery').then(({ settings }) => window.__TAURI_INTERNALS__.invoke('set_settings', { settings: { ...settings, ...change } }))", change);
  await new Promise((wake) => setTimeout(wake, 400));
}
/** Ends the program as its menu does, for with a tray a closed window is not the end, and starts it again. */
async function again() {
  await page.run("() => void window.__TAURI_INTERNALS__.invoke('quit')").catch(() => {});
  await until(() => house.pid() === 0, 20_000, "the program has ended");
  page = await house.open();
  await page.find("#reason", 60_000);
}
let renders = 0;
function submit(...looks) {
  renders += 1;
  const out = join(house.home, `job-${renders}.exr`);
  return house.begin("submit", join(scenes, "studio.glb"), "--coordinator", address, "-o", out, "--denoise", "off", ...looks);
}
/** Work for minutes. */
const submitLong = () => submit("--size", "1024x576", "--spp", "1024", "--tile", "64", "--seed", String(renders));

before(async () => {
  const port = await freePort();
  const coordinator = house.begin("coordinator", "--listen", `127.0.0.1:${port}`, "--data", join(house.home, "coordinator"));
  address = await until(() => coordinator.said.match(/tessera:\/\/\S+/)?.[0], 30_000, "the coordinator tells its address");
  tray = await house.hostDesktop();
  page = await house.open();
  await page.find("#purpose-earn", 120_000);
  await page.click("#purpose-earn");
  await page.find("#reason");
});
after(async () => {
  tray.leave();
  await house.leave();
});

test("before anything is set, the window says what is missing and what this computer can do", async () => {
  assert.deepEqual(await reason(), { text: "Not earning", phase: "off", code: "off" });
  await page.find("#earn-address");
  await page.find("input[name=gpu]", 60_000);
  assert.match(await page.text("#income"), /Nothing yet/);
  await shot("off");
});

test("an address that is none is refused in one sentence", async () => {
  await enter("#earn-coordinator", "somewhere");
  await page.click("#earn");
  await page.find("[role=alert]");
  const told = await page.run("() => [...document.querySelectorAll('[role=alert] p')].map((p) => p.textContent)");
  assert.equal(told.length, 2, told.join());
  await shot("wrong-address");
  await page.click(".banner button");
  await enter("#earn-coordinator", address);
});

test("the rules are an owner's: not while the computer is used, not on battery, not under a full-screen program", async () => {
  await page.find("#rule-idle");
  const ticked = await page.run("() => ['rule-idle', 'rule-battery', 'rule-full'].map((id) => document.getElementById(id).checked)");
  assert.deepEqual(ticked, [true, true, true]);
  assert.equal(await page.run("() => document.querySelector('#rule-minutes').value"), "3");
  spawnSync("xdotool", ["mousemove", "600", "500"]);
  await page.click("#earn");
  await is("in_use", 90_000);
  await shot("in-use");
  await tick("#rule-idle", false);
  await is("no_work");
  assert.match(readFileSync(rulesFile, "utf8"), /^idle_minutes = false$/m, "kept as the file that `tessera node --rules` reads");
  await tick("#rule-rate", true);
  await enter("#rule-rate-mbit", "4");
  await until(() => /^upload_mbit_per_s = 4$/m.test(readFileSync(rulesFile, "utf8")), 5_000, "the speed of sending is kept");
  await tick("#rule-rate", false);
  await shot("waiting");
});

test("a node works where a referee of its owner's judges, from the moment on at which that is said", async () => {
  const key = "ab".repeat(32);
  await page.fill("#rule-referee", "abc");
  await until(async () => (await page.text("#rule-referee-why")) === "A key has 64 digits; here are 3", 5_000, "a wrong key is told while it is typed");
  await page.run("() => document.querySelector('#rule-referees').scrollIntoView({ block: 'center' })");
  await shot("referee-wrong");
  await page.fill("#rule-referee", key);
  await page.click("#rule-referee-add");
  await page.find("#referees li");
  await until(async () => (await reason()).text === "Waiting: no tile is there that your referees judge", 10_000, "the reason says so");
  assert.match(readFileSync(rulesFile, "utf8"), new RegExp(`^referees = \\["${key}"\\]$`, "m"));
  assert.equal(status().sentence, "Waiting: no tile is there that your referees judge");
  await shot("referee");
  submit("--size", "64x64", "--spp", "16");
  await until(() => /[0-9a-f]{32}/.test(house.cli("jobs").stdout), 120_000, "the job is there");
  await new Promise((wake) => setTimeout(wake, 3_000));
  assert.deepEqual(await outcomes(), [], "nobody whom it believes judges there");
  await page.click("#referees button");
  await until(async () => (await outcomes()).includes("delivered"), 240_000, "without the wish it works there, without having been started again");
  await until(async () => (await code()) === "no_work", 30_000, "all is done");
});

test("a tile is rendered, delivered, shown in the strip and counted", async () => {
  submit("--size", "64x64", "--spp", "16");
  await until(async () => (await outcomes()).includes("delivered"), 240_000, "a tile is delivered");
  await until(async () => {
    await page.click("#income-ask");
    return Number((await page.text("#sum-held"))?.match(/[\d.]+/)?.[0] ?? 0) + Number((await page.text("#sum-posted"))?.match(/[\d.]+/)?.[0] ?? 0) > 0;
  }, 60_000, "the ledger has a line");
  assert.match(await page.text("#range-sum"), /[1-9]\d* tiles?$/);
  assert.match(await page.text("#income .legend"), /llvmpipe|[A-Za-z]/, "with the adapter that earned it");
  await shot("earned");
});

test("window and command line tell the same while it earns", async () => {
  submitLong();
  await until(async () => (await reason())?.phase === "working", 120_000, "it earns");
  await is("rendering", 120_000);
  await until(async () => status().sentence === (await reason()).text, 15_000, "both say the same");
  await page.run("() => document.querySelector('main').scrollTo(0, 0)");
  await shot("earning");
});

/** Watches the page's own words from inside, so that asking costs no time. What they are now is the first look. */
async function watch() {
  await page.run(`() => {
    window.seen = [];
    window.watcher?.disconnect();
    const look = () => { const r = document.querySelector('#reason'); const strip = document.querySelector('#strip-earn'); window.seen.push({ at: Date.now(), code: r.dataset.code, phase: r.dataset.phase, text: r.textContent, strip: strip.textContent.trim() }); };
    window.watcher = new MutationObserver(look);
    window.watcher.observe(document.querySelector('#reason'), { attributes: true, childList: true, characterData: true, subtree: true });
    look();
  }`);
}
const seen = () => page.run("() => window.seen");
/** "Earning" is never said while it is not so. */
function assertHonest(looks) {
  for (const look of looks) assert.equal(/^Earning/.test(look.text), look.phase === "working", JSON.stringify(look));
}

test("a listed program has its own reason, and the end of it too", async () => {
  const game = join(house.home, "night-race");
  copyFileSync("/bin/sleep", game);
  chmodSync(game, 0o755);
  await watch();
  await page.fill("#rule-app", "night-race");
  await page.press("\uE007");
  await page.find("#apps li");
  const running = spawn(game, ["600"]);
  await is("app_running", 20_000);
  assert.equal((await reason()).text, "Paused: night-race is running");
  assert.equal(status().sentence, "Paused: night-race is running");
  assert.ok((await page.text("#strip-earn")).includes("Paused: night-race is running"), "the strip at the bottom says the same");
  await until(async () => (await outcomes()).includes("given_back"), 60_000, "the tile was given back without blame");
  await shot("listed-program");
  running.kill();
  await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
  assertHonest(await seen());
  await page.click("#apps button");
  await until(() => page.run("() => document.querySelector('#apps') === null"), 5_000, "the list is empty");
});

test("a program that fills the screen frees the GPU at once, and its end is noticed too", async () => {
  await watch();
  const film = join(house.home, "film");
  copyFileSync(realpathSync("/usr/bin/display"), film);
  chmodSync(film, 0o755);
  const windows = (...then) => spawnSync("xdotool", ["search", "--onlyvisible", "--class", "film", ...then], { encoding: "utf8" }).stdout.trim();
  const took = [];
  for (const colour of ["black", "navy"]) {
    await is("rendering", 90_000);
    await watch();
    const running = spawn(film, ["-size", "1920x1080", `xc:${colour}`], { env: house.env });
    await until(() => windows(), 20_000, "its window is there");
    // Without a window manager, a window as large as the screen fills it once it has the keyboard, which a manager would have given it.
    windows("windowfocus");
    const opened = Date.now();
    await is("full_screen", 10_000);
    const told = (await seen()).find((look) => look.code === "full_screen");
    took.push(told.at - opened);
    assert.match(told.text, /^Paused: Film is full-screen/);
    assert.equal(status().sentence, told.text, "the command line says the same");
    await shot("full-screen");
    running.kill();
    await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
    assertHonest(await seen());
  }
  console.log(`from a full-screen program to the reason: ${took.join(" and ")} ms`);
  // The better of two: one late wake-up on a busy machine is the machine's.
  assert.ok(Math.min(...took) <= TOLD_MS, took.join());
});

test("the edge of the schedule has its own reason, painted with the pointer, with keys, or written", async () => {
  await watch();
  const cell = await page.run("() => Number(document.querySelector('[data-cell].now').dataset.cell)");
  await page.run("() => document.querySelector('.week').scrollIntoView({ block: 'center' })");
  await page.click(`[data-cell="${cell}"]`);
  await is("outside_schedule", 10_000);
  assert.equal(await page.run("(cell) => document.querySelector(`[data-cell=\"${cell}\"]`).ariaSelected", cell), "false");
  assert.match((await reason()).text, /^Waiting: the schedule begins (on [A-Z][a-z]+ )?at \d\d:00$/);
  assert.equal(status().sentence, (await reason()).text);
  await shot("schedule");
  await page.press("\uE00D");
  await until(async () => (await code()) !== "outside_schedule", 10_000, "the same hour is allowed by a key");
  await enter("#schedule-text", "never");
  await is("outside_schedule", 10_000);
  assert.equal((await reason()).text, "Waiting: the schedule allows no hour of the week");
  await enter("#schedule-text", "someday");
  await page.find("#rules [role=alert]");
  await shot("schedule-wrong");
  await page.click("#schedule-always");
  await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
  assert.equal(await page.run("() => document.querySelector('#schedule-text').value"), "always");
  assertHonest(await seen());
});

test("every pause has its words, and a clock where it ends by the clock", async () => {
  await page.run("() => document.querySelector('main').scrollTo(0, 0)");
  await watch();
  for (const [item, wanted, words] of [
    ["pause-hour", "paused_for_an_hour", /^Paused until (tomorrow )?\d\d:\d\d$/],
    ["pause-back", "paused_until_back", /^Paused until you are back$/],
    ["pause-tomorrow", "paused_until_tomorrow", /^Paused until (tomorrow )?\d\d:\d\d$/],
    ["pause-open", "paused_by_you", /^Paused: you asked for it$/],
  ]) {
    await page.click("#pause");
    if (item === "pause-hour") await shot("pause-menu");
    await page.click(`#${item}`);
    await is(wanted, 10_000);
    const { text, phase } = await reason();
    assert.match(text, words);
    assert.equal(phase, "paused");
    assert.equal(status().sentence, text);
    assert.equal((await page.text("#countdown")) !== null, /hour|tomorrow/.test(item), item);
    await shot(item);
  }
  const left = await page.run("() => document.querySelector('#countdown')?.textContent ?? ''");
  assert.equal(left, "");
  await page.click("#resume");
  await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
  assertHonest(await seen());
});

test("the tray says the same sentence, and pauses and resumes", async () => {
  const says = async () => until(async () => (await tray.ask("menu")).includes((await reason()).text), 5_000, "tray and window say the same");
  await says();
  assert.equal(await tray.ask("press For an hour"), true);
  await is("paused_for_an_hour", 10_000);
  await says();
  assert.equal(await tray.ask("press Finish, then pause"), false, "there is no tile to finish");
  assert.equal(await tray.ask("press Resume"), true);
  await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
  await says();
});

test("finish renders the tile in hand and then pauses", async () => {
  await is("rendering", 120_000);
  const before = status().tiles_done;
  await page.click("#finish");
  await shot("finishing");
  await is("paused_after_tile", 300_000);
  assert.ok(status().tiles_done >= before, "nothing was thrown away");
  await shot("finished");
  await page.click("#resume");
  await until(async () => (await reason()).phase === "working", 90_000, "it earns again");
});

test("a touch is told within half a second, in the window and at the door", async () => {
  await tick("#rule-idle", true);
  await enter("#rule-minutes", "1");
  await page.run("() => document.querySelector('main').scrollTo(0, 0)");
  const took = [];
  for (let x = 300; took.length < 2; x += 50) {
    await is("rendering", 240_000);
    await watch();
    const touched = Date.now();
    spawnSync("xdotool", ["mousemove", String(x), "400"]);
    await is("in_use", 20_000);
    const looks = await seen();
    assertHonest(looks);
    assert.ok(x < 600, "the rule was set, and each touch still meets an older one");
    // The rule has only just been set, and may have met an older touch before this one.
    if (looks.findLast((look) => look.at <= touched).code !== "rendering") continue;
    const first = looks.find((look) => look.code === "in_use");
    assert.equal(first.text, "Waiting: you are using this computer");
    assert.ok(first.strip.includes("Waiting: you are using this computer"), first.strip);
    const door = JSON.parse(readFileSync(join(nodeFolder, "node.state.json"), "utf8"));
    assert.equal(door.code, "in_use");
    const written = Date.now();
    took.push({ window_ms: first.at - touched, door_at_most_ms: written - touched });
    assert.equal(status().sentence, "Waiting: you are using this computer");
    // A second touch is a minute away, and could only make the better of two better.
    if (took.every((one) => Math.max(one.window_ms, one.door_at_most_ms) <= TOLD_MS)) break;
  }
  console.log(`from a touch to the reason: ${JSON.stringify(took)}`);
  // The better of two: one late wake-up on a busy machine is the machine's.
  for (const place of ["window_ms", "door_at_most_ms"]) {
    const best = Math.min(...took.map((one) => one[place]));
    assert.ok(best <= TOLD_MS, `${place}: ${best} ms`);
  }
  await tick("#rule-idle", false);
});

test("a pause outlives the program, and so does earning", async () => {
  await page.click("#pause");
  await page.click("#pause-tomorrow");
  await is("paused_until_tomorrow");
  await again();
  await is("paused_until_tomorrow", 90_000);
  await shot("restarted");
  await page.click("#end");
  await is("off");
  const ended = status();
  assert.equal(ended.is_running, false);
  await again();
  await page.find("#earn");
  assert.equal(await code(), "off", "who ended it is not asked again");
});

test("rules that cannot be read stop the start, and say so", async () => {
  const good = readFileSync(rulesFile, "utf8");
  writeFileSync(rulesFile, "idle_minute = 3\n");
  await again();
  await page.find("#usual");
  await page.click("#earn");
  await page.find(".banner [role=alert]");
  assert.match(await page.text(".banner"), /idle_minute/);
  await shot("rules-unreadable");
  await page.click(".banner button");
  await page.click("#usual");
  await page.find("#rule-idle");
  assert.ok(existsSync(rulesFile.replace("rules.toml", "rules.unreadable.toml")), "what was written by hand is not lost");
  rmSync(rulesFile);
  writeFileSync(rulesFile, good);
});

test("a coordinator that is away is told with the network's own words", async () => {
  await again();
  const port = await freePort();
  await enter("#earn-coordinator", address.replace(/:\d+#/, `:${port}#`));
  await page.click("#earn");
  await is("offline", 90_000);
  await shot("offline");
  await page.click("#end");
  await is("off");
  await enter("#earn-coordinator", address);
});

test("the benchmark shows what it renders", { timeout: 600_000 }, async () => {
  await enter("#kwh", "0.40");
  await enter("#watts", "250");
  await page.run("() => document.querySelector('#bench-0').scrollIntoView({ block: 'start' })");
  await page.click("#bench-0");
  const painted = "() => [...document.querySelectorAll('.shots canvas')].filter((c) => c.width > 16 && [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].some((value, at) => at % 4 < 3 && value > 40)).length";
  await until(async () => (await page.run(painted)) >= 1, 300_000, "a picture is seen while it is measured");
  await shot("bench-running");
  await page.find("#bench-result", 500_000);
  await until(async () => (await page.run(painted)) === 3, 10_000, "the last picture is painted");
  assert.match(await page.text("#bench-result"), /credits an hour.*Electricity: 0\.1 € an hour/s);
  await shot("bench");
});

test("nothing is cut off: small, light, German", async () => {
  const cut = "() => [...document.querySelectorAll('main button, main h2, main h3, main label, main legend, main dt, main p')].filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && !e.matches('.cut, .unseen') && !e.querySelector('.unseen')).map((e) => e.textContent.trim().slice(0, 60))";
  for (const [language, theme] of [["en", "dark"], ["de", "light"]]) {
    await settings({ language, theme });
    for (const [width, height] of [[1280, 800], [900, 600]]) {
      await page.resize(width, height);
      for (const part of ["#reason", "#income", "#rules", "#apps, #rule-app", "#schedule-text", "#rule-referees", "#bench-0"]) {
        await page.run("(css) => document.querySelector(css).scrollIntoView({ block: 'start' })", part);
        await shot(`${language}-${theme}-${width}-${part.match(/\w[\w-]*/)[0]}`);
      }
      assert.deepEqual(await page.run(cut), [], `${language} at ${width}`);
      assert.equal(await page.run("() => document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth"), true, "nothing is scrolled sideways");
    }
  }
});
