// A Wayland session on the tests' own screen: weston in a window of the X server, which gives pictures and takes a pointer.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./driver.mjs";

const SOCKET = "wayland-tessera";
const SETTINGS = "[core]\nidle-time=0\n[shell]\npanel-position=none\nlocking=false\nanimation=none\nstartup-animation=none\nclose-animation=none\n";
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));
const run = (program, ...words) => {
  const { status, stdout, stderr } = spawnSync(program, words.map(String), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")}: ${stderr}`);
  return stdout;
};

export const hasWeston = spawnSync("weston", ["--version"]).status === 0;

/** Starts it; programs of this house are in it from now on, and see no X server. */
export async function openWeston(house) {
  const runtime = join(house.home, "runtime");
  mkdirSync(runtime, { mode: 0o700 });
  const settings = join(house.home, "config/weston.ini");
  writeFileSync(settings, SETTINGS);
  const env = { ...house.env, XDG_RUNTIME_DIR: runtime };
  const words = ["--backend=x11-backend.so", "--use-pixman", "--width=1920", "--height=1080", `--socket=${SOCKET}`, `--config=${settings}`];
  house.children.push(spawn("weston", words, { env, stdio: "ignore" }));
  await until(() => existsSync(join(runtime, SOCKET)), 10_000, "weston is there");
  house.env = { ...env, WAYLAND_DISPLAY: SOCKET };
  delete house.env.DISPLAY;
  house.isWayland = true;
  await pause(1000);
}

/** Weston follows the pointer by steps, and loses count at the first: in the corner both agree again. */
export async function settlePointer() {
  for (const at of [2, 1, 0]) {
    run("xdotool", "mousemove", at, at);
    await pause(80);
  }
}

export async function clickAt(x, y) {
  await settlePointer();
  run("xdotool", "mousemove", x, y);
  await pause(200);
  run("xdotool", "click", 1);
}

/** Where something of one colour is on the screen, as x, y, columns and rows; nothing where it is not. */
export function coloured(colour) {
  const found = run("bash", "-c", `import -window root ppm:- | convert ppm:- -fill black +opaque '${colour}' -format '%@' info:`);
  const [width, height, x, y] = found.match(/\d+/g).map(Number);
  return width < 20 || width >= 1900 ? null : { x, y, width, height };
}

/** Where the page is on the screen, by painting it over for a moment. */
export async function whereIsPage(page) {
  const colour = "#12ab34";
  await page.run("(colour) => { const cover = document.createElement('div'); cover.id = 'cover'; cover.style = `position: fixed; inset: 0; z-index: 99; background: ${colour}`; document.body.append(cover); }", colour);
  const box = await until(() => coloured(colour), 10_000, "the page is painted");
  await page.run("() => document.querySelector('#cover').remove()");
  return box;
}
