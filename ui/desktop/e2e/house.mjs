// Where a test lives: a home of its own, the programs under test, and a folder for pictures of the window.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { freePort, Session, until } from "./driver.mjs";

const root = resolve(import.meta.dirname, "../../..");
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");
export const program = join(target, "debug/tessera-desktop");
export const tessera = join(target, "debug/tessera");
export const scenes = join(root, "assets/scenes");
export const pictures = join(target, "screenshots/desktop");
mkdirSync(pictures, { recursive: true });

export class House {
  constructor() {
    this.home = mkdtempSync(join(tmpdir(), "tessera-e2e-"));
    for (const part of ["data", "config", "cache", "Pictures"]) mkdirSync(join(this.home, part));
    this.env = {
      ...process.env,
      HOME: this.home,
      XDG_DATA_HOME: join(this.home, "data"),
      XDG_CONFIG_HOME: join(this.home, "config"),
      XDG_CACHE_HOME: join(this.home, "cache"),
      LANG: "C.UTF-8",
      LC_ALL: "",
    };
    this.children = [];
    /** What starts the program, where that is not the program itself. */
    this.starter = undefined;
  }

  /** Starts the program with a WebDriver session. */
  async open(...args) {
    await this.session?.end();
    await this.clear();
    this.session = await Session.start(this.starter ?? program, args, this.env);
    return this.session;
  }
  /** Ends it, and starts it again. */
  async reopen(...args) {
    return this.open(...args);
  }
  /** Starts the program a second time; says how it ended. */
  second(...args) {
    return spawnSync(program, args, { env: this.env, cwd: this.home, timeout: 20_000, encoding: "utf8" });
  }
  /** Runs a command of the command line. */
  cli(...args) {
    return spawnSync(tessera, args, { env: this.env, timeout: 120_000, encoding: "utf8" });
  }
  /** Whether every channel of two pictures has the same bits. */
  haveSameBits(one, other) {
    return JSON.parse(this.cli("--json", "exr", "diff", one, other).stdout).value.identical;
  }
  /** Starts a command that goes on; its lines can be waited for. */
  begin(...args) {
    return this.beginAs([tessera, ...args]);
  }
  /** The same for any line. */
  beginAs([file, ...args]) {
    const child = spawn(file, args, { env: this.env, stdio: ["ignore", "pipe", "pipe"] });
    child.said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (child.said += bytes));
    this.children.push(child);
    return child;
  }
  /** Starts the program as the system does at login, without a driver. */
  launch(...args) {
    const child = spawn(program, args, { env: this.env, stdio: "ignore" });
    this.children.push(child);
    return child;
  }
  /** Processes of this home by the file that they run. */
  running(runs) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).filter((name) => {
      try {
        return runs(readlinkSync(`/proc/${name}/exe`)) && readFileSync(`/proc/${name}/environ`, "latin1").includes(this.home);
      } catch {
        return false;
      }
    }).map(Number);
  }
  /** Starts the program in *Earn*, with a coordinator of the test's own and whoever uses the computer left out of account. */
  async openEarning() {
    const coordinator = this.begin("coordinator", "--listen", `127.0.0.1:${await freePort()}`, "--data", join(this.home, "coordinator"));
    const address = await until(() => coordinator.said.match(/tessera:\/\/\S+/)?.[0], 30_000, "the coordinator tells its address");
    const page = await this.open();
    await page.find("#purpose-earn", 120_000);
    await page.click("#purpose-earn");
    await page.find("#rule-idle");
    await page.run("() => document.querySelector('#rule-idle').click()");
    await page.fill("#earn-coordinator", address);
    await page.run("() => document.querySelector('#earn-coordinator').dispatchEvent(new Event('change', { bubbles: true }))");
    return { page, address };
  }
  /** The program and what belongs to it, such as the web view's processes. */
  pids(runs = () => true) {
    const isOurs = (binary) => binary === program || (binary.includes("webkit2gtk") && !binary.endsWith("WebKitWebDriver"));
    return this.running((binary) => isOurs(binary) && runs(binary));
  }
  /** Viewers that it has started. */
  viewers() {
    return this.running((binary) => binary === join(target, "debug/tessera-viewer"));
  }
  /** The process of the program; 0: there is none. */
  pid() {
    return this.pids((binary) => binary === program)[0] ?? 0;
  }
  /** Has somebody on the screen who closes windows. */
  async manageWindows() {
    const manager = spawn("openbox", ["--config-file", join(import.meta.dirname, "openbox.xml")], { env: this.env, stdio: "ignore" });
    this.children.push(manager);
    await new Promise((wake) => setTimeout(wake, 500));
  }
  /** Has a tray, a file manager and notifications on the session's bus; `ask` gives their answers. */
  async hostDesktop() {
    const child = spawn(join(target, "debug/examples/desktop_host"), { env: this.env, stdio: ["pipe", "pipe", "inherit"] });
    this.children.push(child);
    const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
    assert.equal((await answers.next()).value, '"ready"');
    const ask = async (line) => {
      child.stdin.write(`${line}\n`);
      return JSON.parse((await answers.next()).value);
    };
    return { ask, leave: () => child.kill() };
  }
  /** Pictures that lie in a folder, without the growing ones. */
  exrs(folder) {
    if (!existsSync(folder)) return [];
    return readdirSync(folder).filter((name) => name.endsWith(".exr") && !name.endsWith(".partial.exr")).map((name) => join(folder, name));
  }
  /** Ends what a driver left behind: it may lose a program that it does not hear of soon enough, and a second start would only call that one. */
  async clear() {
    for (const pid of this.pids()) process.kill(pid, "SIGTERM");
    const isGone = await until(() => this.pids().length === 0, 5_000, "the program has ended").catch(() => false);
    if (!isGone) for (const pid of this.pids()) process.kill(pid, "SIGKILL");
    await until(() => this.pids().length === 0, 5_000, "nothing of it runs any more");
  }
  async leave() {
    const over = this.children.filter((child) => child.exitCode === null && child.signalCode === null).map((child) => once(child, "exit"));
    for (const child of this.children) child.kill("SIGKILL");
    await Promise.all([...over, this.session?.end().catch(() => {})]);
    for (const pid of this.viewers()) process.kill(pid, "SIGKILL");
    await this.clear();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
    // A pipe that somebody else still holds must not keep the whole run waiting.
    setTimeout(() => process.exit(), 10_000).unref();
  }
}
