// Files are dropped on the real window, as a person does it: what is promised while they are over it, and what becomes of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drop, Drag } from "./drag.mjs";
import { until } from "./driver.mjs";
import { House, pictures, program, scenes } from "./house.mjs";

const house = new House();
/** The middle of the window. */
const MIDDLE = [700, 400];
let page;
const shot = (name) => page.picture(join(pictures, `${name}.png`));
const lies = (name) => join(house.home, name);
const put = (name) => {
  copyFileSync(join(scenes, "studio.glb"), lies(name));
  return lies(name);
};
const over = () => page.text(".over p");
const lit = () => page.run("() => [...document.querySelectorAll('.over i')].findIndex((tile) => tile.matches('.lit'))");
const told = () => page.run("() => [...document.querySelectorAll('[role=alert] p')].map((p) => p.textContent)");
const heading = () => page.text("main h1");
const outcome = () => page.run("() => document.querySelector('#outcome')?.dataset.outcome ?? null");

before(async () => {
  await house.manageWindows();
  for (const folder of ["Film", "Old letters"]) mkdirSync(lies(folder));
  ["Kitchen.glb", "Hall.glb", "Film/b.glb", "Film/a.glb"].forEach(put);
  for (const name of ["notes.txt", "Old letters/one.txt", "Film/notes.txt"]) writeFileSync(lies(name), "buy milk\n");
  page = await house.open();
});
after(() => house.leave());

/** The form of a scene is there. */
async function form(name) {
  await until(async () => (await heading()) === name && (await page.text("#found dl")), 20_000, `the form of ${name} is there`);
  assert.equal(await page.run("() => document.querySelector('nav [aria-current=page]').id"), "go-render");
  assert.equal(await over(), null);
}
/** Puts away what is shown, back to the start. */
async function clear() {
  await page.run("() => document.querySelector('#queue-leave')?.click()");
  await page.run("() => document.querySelector('form .quiet')?.click()");
  await page.run("() => [...document.querySelectorAll('[role=alert] button:not(.quiet)')].forEach((button) => button.click())");
  await page.find("#sample");
  assert.deepEqual(await told(), []);
}

test("a scene that is dropped on the first question answers it", async () => {
  await page.find("#purpose-render");
  const drag = await Drag.take(house, lies("Kitchen.glb"));
  await drag.to(...MIDDLE);
  await until(async () => (await over()) === "Render Kitchen.glb", 5_000, "it is said what will be done");
  await shot("drop-welcome");
  assert.ok(await drag.letGo());
  await form("Kitchen.glb");
  await clear();
});

test("a tile lights up under the pointer, and a scene that is let go is looked into within seconds", async () => {
  const drag = await Drag.take(house, lies("Kitchen.glb"));
  await drag.to(100, 100);
  await until(async () => (await over()) === "Render Kitchen.glb", 5_000, "it is said what will be done");
  assert.equal(await lit(), 0, "the first tile");
  await drag.to(...MIDDLE);
  assert.equal(await until(async () => (await lit()) || null, 5_000, "another tile"), 3 * 12 + 6, "the one in the middle");
  await shot("drop-over");
  const began = Date.now();
  assert.ok(await drag.letGo());
  await form("Kitchen.glb");
  console.log(`pre-flight ${((Date.now() - began) / 1000).toFixed(1)} s after the drop`);
  await shot("drop-preflight");
  await clear();
});

test("what is carried away again, or given up, is not taken", async () => {
  for (const end of ["away", "escape"]) {
    const drag = await Drag.take(house, lies("Kitchen.glb"));
    await drag.to(...MIDDLE);
    await until(over, 5_000, "it is said what will be done");
    if (end === "away") {
      await drag.to(1500, 1000);
      await until(async () => (await over()) === null, 5_000, "the window is as it was");
      assert.equal(await drag.letGo(), false);
    } else {
      await drag.giveUp();
      await until(async () => (await over()) === null, 5_000, "the window is as it was");
    }
    assert.equal(await heading(), "Drop a scene here");
  }
});

test("a picture of light that is dropped on the form lights its scene", async () => {
  const scene = await Drag.take(house, lies("Kitchen.glb"));
  await scene.to(...MIDDLE);
  await scene.letGo();
  await form("Kitchen.glb");
  const light = join(house.home, "noon.hdr");
  writeFileSync(light, "#?RADIANCE\n");
  const drag = await Drag.take(house, light);
  await drag.to(...MIDDLE);
  await until(async () => (await over()) === "Light the scene with noon.hdr", 5_000, "it is said what will be done");
  await drag.letGo();
  await page.find("#notice-seen");
  await shot("drop-light");
  assert.match(await page.run("() => [...document.querySelectorAll('input')].map((one) => one.value).join('\\n')"), /noon\.hdr/);
  await page.click("#notice-seen");
  await clear();
});

test("of several files the first scene is shown, the next one waits, and what is none is named", async () => {
  const drag = await Drag.take(house, lies("notes.txt"), lies("Kitchen.glb"), lies("Hall.glb"));
  await drag.to(...MIDDLE);
  await until(async () => (await over()) === "Render 2 scenes, one after the other", 5_000, "it is said what will be done");
  await shot("drop-many-over");
  await drag.letGo();
  await form("Kitchen.glb");
  assert.deepEqual(await told(), ['"notes.txt" is left out: it is not called like a scene', "A scene's name ends in .glb or .gltf, or in what Blender reads (.blend, .fbx, .obj, .usd, .abc, .ply, .stl)"]);
  assert.match(await page.text("#waiting"), /One more scene waits.*Hall\.glb/);
  await shot("drop-many");
  await page.click("#queue-next");
  await form("Hall.glb");
  await clear();
});

test("a folder stands for the scenes in it, and one without is told", async () => {
  assert.ok(await drop(house, [lies("Film")], MIDDLE));
  await form("a.glb");
  assert.match(await page.text("#waiting"), /b\.glb/);
  assert.deepEqual(await told(), []);
  await clear();
  await drop(house, [lies("Old letters")], MIDDLE);
  await page.find("[role=alert]");
  assert.deepEqual(await told(), [`No scene lies in the folder "${lies("Old letters")}"`, "Hand over a scene (.glb, .gltf, .blend, .fbx, .obj, .usd), or the folder that it lies in"]);
  await shot("drop-folder");
  await clear();
});

test("what is no scene is told in one sentence with one advice, also where it is not on this computer", async () => {
  const drag = await Drag.take(house, lies("notes.txt"));
  await drag.to(...MIDDLE);
  await until(async () => (await over()) === "Look into notes.txt", 5_000, "nothing is promised that cannot be");
  await drag.letGo();
  await page.find("[role=alert]");
  assert.deepEqual(await told(), [
    "notes.txt is not usable: it begins neither like a .glb nor like a .gltf",
    "Give a glTF 2.0 scene (.glb or .gltf), or an .exr or .hdr as environment",
  ]);
  await shot("drop-text");
  await clear();
  await drop(house, ["https://example.org/my%20chair.glb"], MIDDLE);
  await page.find("[role=alert]");
  assert.deepEqual(await told(), ['"https://example.org/my chair.glb" is not a file on this computer', "Save the scene on this computer first, and hand over the file"]);
  await clear();
});

test("of many wrong files the first few are told and the others counted", async () => {
  const many = Array.from({ length: 9 }, (_, at) => lies(`letter ${at}.txt`));
  for (const name of many) symlinkSync(lies("notes.txt"), name);
  await drop(house, many, MIDDLE);
  await page.find("#failures-more");
  await until(async () => (await page.text("#failures-more")).includes("6 more files were not taken"), 10_000, "all are looked into");
  assert.deepEqual((await told()).length, 3 * 2);
  assert.match((await told())[0], /^"letter 0\.txt" is not usable/);
  await shot("drop-many-wrong");
  await page.click("#failures-more button");
  assert.deepEqual(await told(), []);
});

test("names with blanks, signs and letters of any script are read as they are", async () => {
  for (const name of ["Zwei Stühle #1.glb", "100%25 & 50% + 猫 'x'.glb"]) {
    put(name);
    assert.ok(await drop(house, [lies(name)], MIDDLE));
    await form(name);
    assert.equal(await page.run("() => document.querySelector('#output').value"), lies(name.replace(".glb", ".exr").replace("#", "")), "where # would stand for a frame's number");
    await clear();
  }
  // As programs write it that name the computer.
  await drop(house, [`file://localhost${lies("Hall.glb")}`], MIDDLE);
  await form("Hall.glb");
  await clear();
});

for (const place of ["earn", "watch", "settings"]) {
  test(`a scene that is dropped on ${place} opens in Render`, async () => {
    await page.click(`#go-${place}`);
    await drop(house, [lies("Kitchen.glb")], MIDDLE);
    await form("Kitchen.glb");
    await clear();
  });
}

test("a scene that is dropped while another is rendered gets its form, and a wrong file takes nobody away from the render", async () => {
  await drop(house, [lies("Kitchen.glb")], MIDDLE);
  await form("Kitchen.glb");
  await page.click("#quality-good");
  await page.fill("#width", "320");
  await page.click("#start");
  await until(() => page.run("() => Number(document.querySelector('[role=progressbar]')?.ariaValueNow ?? 0) >= 1"), 120_000, "a tile is rendered");
  await drop(house, [lies("notes.txt")], MIDDLE);
  await page.find("[role=alert]");
  assert.equal(await outcome(), "running", "it is watched as before");
  await drop(house, [lies("Hall.glb")], MIDDLE);
  await form("Hall.glb");
  assert.deepEqual(await told(), []);
  await shot("drop-while-rendering");
  await clear();
  await until(() => house.exrs(house.home).includes(lies("Kitchen.exr")), 300_000, "the render goes on to its end");
});

test("the picture of a render is nothing to drop on its own window", async () => {
  await until(async () => (await page.text(".entry"))?.includes("Done"), 30_000, "it is done");
  // A picture of an earlier start is an image, which web views let people drag.
  page = await house.reopen();
  await page.click(".entry");
  const place = await until(() => page.run("() => { const box = document.querySelector('main img')?.getBoundingClientRect(); return box?.width ? [box.x + box.width / 2, box.y + box.height / 2] : null }"), 10_000, "the picture is there");
  assert.equal(await outcome(), "done");
  const drag = Drag.within(place);
  await drag.to(place[0] + 90, place[1] + 60);
  await drag.to(...MIDDLE);
  assert.equal(await over(), null);
  await shot("drag-own-picture");
  await drag.end();
  assert.deepEqual([await told(), await outcome()], [[], "done"]);
});

test("an EXR that is dropped on the viewer is shown, two at once beside each other, and what is none is told", async () => {
  await page.end();
  await house.clear();
  const second = lies("Käse #2 50%.exr");
  copyFileSync(lies("Kitchen.exr"), second);
  house.beginAs([program.replace(/tessera-desktop$/, "tessera-viewer")]);
  const isShown = (title) => spawnSync("xdotool", ["search", "--onlyvisible", "--name", title], { encoding: "utf8" }).stdout.trim() !== "";
  const screen = async (name) => {
    await new Promise((wake) => setTimeout(wake, 1000));
    spawnSync("import", ["-window", "root", join(pictures, `${name}.png`)]);
  };
  await until(() => isShown("^Tessera viewer$"), 60_000, "the viewer is open");
  assert.ok(await drop(house, [lies("Kitchen.exr")], MIDDLE));
  await until(() => isShown("^Kitchen.exr - Tessera viewer$"), 30_000, "its window has the picture's name");
  await screen("drop-viewer");
  assert.ok(await drop(house, [second, lies("Kitchen.exr")], MIDDLE));
  // xdotool finds no letters beyond ASCII.
  await until(() => isShown("^K.*#2 50%.exr - Tessera viewer$"), 30_000, "its window has the other picture's name");
  await screen("drop-viewer-two");
  await drop(house, [lies("notes.txt")], MIDDLE);
  await screen("drop-viewer-text");
});
