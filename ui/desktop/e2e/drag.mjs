// A person's drag: files are taken with the pointer out of a window like a file manager's (`src-tauri/examples/drag_source/`), carried over
// the program's window, and let go or carried away again. Everything goes through the screen's own protocol.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { until } from "./driver.mjs";
import { program } from "./house.mjs";
import { coloured, settlePointer } from "./weston.mjs";

/** The middle of the window that the files are taken from. */
const SOURCE = [1780, 960];
const COLOUR = "#c81e8c";
/** Steps of a way of the pointer: programs answer each before they hear of the next. */
const STEPS = 12;

const pointer = (...words) => {
  const { status, stderr } = spawnSync("xdotool", words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`xdotool ${words.join(" ")}: ${stderr}`);
};
const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

export class Drag {
  /** Takes files up, by their paths or addresses. */
  static async take(house, ...files) {
    const addresses = files.map((file) => (/^[a-z]+:/.test(file) ? file : pathToFileURL(file).href));
    const child = spawn(join(dirname(program), "examples/drag_source"), addresses, { env: { ...house.env, NO_AT_BRIDGE: "1" }, stdio: ["ignore", "pipe", "inherit"] });
    house.children.push(child);
    const drag = new Drag(child);
    child.stdout.on("data", (bytes) => (drag.said += bytes));
    await drag.hears("ready", "there is something to drag");
    if (house.isWayland) {
      const { x, y, width, height } = await until(() => coloured(COLOUR), 10_000, "it is on the screen");
      drag.at = [Math.round(x + width / 2), Math.round(y + height / 2)];
      await settlePointer();
    }
    pointer("mousemove", ...drag.at.map(String));
    await pause(100);
    pointer("mousedown", "1");
    await drag.to(drag.at[0] - 40, drag.at[1] - 40);
    await drag.hears("began", "the drag has begun");
    return drag;
  }

  /** Presses the button in the window itself. */
  static within(at) {
    const drag = new Drag(null);
    drag.at = at;
    pointer("mousemove", ...at.map((place) => String(Math.round(place))));
    pointer("mousedown", "1");
    return drag;
  }

  constructor(child) {
    Object.assign(this, { child, said: "", at: SOURCE });
  }

  hears(word, what) {
    return until(() => this.said.includes(word), 10_000, what);
  }

  /** Carries them to a place on the screen. */
  async to(x, y) {
    const [fromX, fromY] = this.at;
    for (let step = 1; step <= STEPS; step += 1) {
      const between = (from, to) => String(Math.round(from + ((to - from) * step) / STEPS));
      pointer("mousemove", between(fromX, x), between(fromY, y));
      await pause(25);
    }
    this.at = [x, y];
  }

  /** Lets them go; says whether whoever is there took them. */
  async letGo() {
    pointer("mouseup", "1");
    await until(() => /taken|refused/.test(this.said), 10_000, "the drag has ended");
    await this.#leave();
    return this.said.includes("taken");
  }

  /** Gives the drag up where it is. */
  async giveUp() {
    pointer("key", "Escape");
    await this.hears("refused", "the drag is given up");
    pointer("mouseup", "1");
    await this.#leave();
  }

  /** Lets the button go, where nothing was taken up. */
  async end() {
    pointer("mouseup", "1");
    await pause(300);
  }

  async #leave() {
    this.child.kill();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }
}

/** Drags files onto a place of the window. */
export async function drop(house, files, [x, y] = [700, 400]) {
  const drag = await Drag.take(house, ...files);
  await drag.to(x, y);
  return drag.letGo();
}
