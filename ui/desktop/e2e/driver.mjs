// A WebDriver session with the real program: WebKitWebDriver starts it, as it would start a browser. Only the few commands that the
// tests need, as the W3C's WebDriver recommendation gives them.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

const PATIENCE_MS = 120_000;
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
export const Keys = { tab: "\uE004", enter: "\uE007", space: "\uE00D", escape: "\uE00C", alt: "\uE00A", left: "\uE012", right: "\uE014" };

/** A port that nobody uses. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export class Session {
  /** Starts the program with these words and this environment. */
  static async start(binary, args, env) {
    const port = await freePort();
    const automation = { TAURI_AUTOMATION: "true", TAURI_WEBVIEW_AUTOMATION: "true" };
    const driver = spawn("WebKitWebDriver", [`--port=${port}`], { env: { ...env, ...automation }, stdio: ["ignore", "pipe", "pipe"] });
    const session = new Session(driver, `http://127.0.0.1:${port}`);
    for (const stream of [driver.stdout, driver.stderr]) stream.on("data", (bytes) => (session.log += bytes));
    await until(() => session.ask("GET", "/status").catch(() => null), 10_000, "WebKitWebDriver answers");
    const options = { "webkitgtk:browserOptions": { binary, args } };
    const { sessionId } = await session.ask("POST", "/session", { capabilities: { alwaysMatch: options } });
    session.path = `/session/${sessionId}`;
    return session;
  }

  constructor(driver, address) {
    Object.assign(this, { driver, address, path: "", log: "" });
  }

  async ask(method, path, body) {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const sent = fetch(this.address + path, { method, body: body === undefined ? undefined : JSON.stringify(body), signal });
    // An aborted request crosses to the runner of the tests as an empty object.
    const answer = await sent.catch((error) => {
      throw signal.aborted ? new Error(`no answer to ${method} ${path} in ${PATIENCE_MS / 1000} s; the driver and the program said:\n${this.log}`) : error;
    });
    const { value } = await answer.json();
    if (value?.error) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }
  command(method, path, body) {
    return this.ask(method, this.path + path, body);
  }

  /** Runs a function in the page. */
  run(code, ...args) {
    return this.command("POST", "/execute/sync", { script: `return (${code})(...arguments)`, args });
  }
  /** The same for a promise. */
  runLong(code, ...args) {
    const script = `const done = arguments[arguments.length - 1]; (${code})(...[...arguments].slice(0, -1)).then(done, (error) => done({ broken: String(error) }))`;
    return this.command("POST", "/execute/async", { script, args });
  }
  /** The element, once it is there. */
  async find(css, patience = 15_000) {
    const find = () => this.command("POST", "/element", { using: "css selector", value: css }).catch(() => null);
    return (await until(find, patience, `${css} is there`))[ELEMENT];
  }
  async click(css, patience) {
    const id = await this.find(css, patience);
    await this.command("POST", `/element/${id}/click`, {});
  }
  async fill(css, text) {
    const id = await this.find(css);
    await this.command("POST", `/element/${id}/clear`, {});
    await this.command("POST", `/element/${id}/value`, { text });
  }
  /** The text of the first element, or nothing. */
  text(css) {
    return this.run("(css) => document.querySelector(css)?.textContent ?? null", css);
  }
  /** Presses keys one after the other, or together. */
  press(...keys) {
    return this.#keys(keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]));
  }
  together(...keys) {
    return this.#keys([...keys.map((value) => ({ type: "keyDown", value })), ...keys.toReversed().map((value) => ({ type: "keyUp", value }))]);
  }
  #keys(actions) {
    return this.command("POST", "/actions", { actions: [{ type: "key", id: "keys", actions }] });
  }
  /** A picture of the window as it is on the screen: WebKitWebDriver's own hangs where WebKit paints without its fast path. */
  async picture(path) {
    const [width, height] = await this.run("() => [innerWidth * devicePixelRatio, innerHeight * devicePixelRatio]");
    // What was just changed is painted at the next frame.
    await this.runLong("() => new Promise((wake) => requestAnimationFrame(() => setTimeout(wake, 150)))");
    const { status, stderr } = spawnSync("import", ["-window", "root", "-crop", `${width}x${height}+0+0`, "+repage", path], { encoding: "utf8" });
    if (status !== 0) throw new Error(`no picture of the window: ${stderr}`);
  }
  async resize(width, height) {
    await this.command("POST", "/window/rect", { x: 0, y: 0, width, height });
    await until(() => this.run("(width) => innerWidth === width", width), 5_000, `the window is ${width} wide`);
  }

  /** Ends the session, and with it the program. */
  async end() {
    // A driver whose program has ended already may never answer.
    const patience = new Promise((wake) => setTimeout(wake, 3_000).unref());
    await Promise.race([this.command("DELETE", "").catch(() => {}), patience]);
    this.driver.kill();
    if (this.driver.exitCode === null && this.driver.signalCode === null) await once(this.driver, "exit");
  }
}

/** Asks again and again until there is an answer. */
export async function until(ask, patience, what) {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() - began > patience) throw new Error(`waited ${patience / 1000} s in vain until ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
