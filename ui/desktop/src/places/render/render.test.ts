import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Card, More, Order, Preflight, Scenery } from "../../lib/bindings";
import { desk } from "../../lib/desk.svelte";
import { speak } from "../../lib/say.svelte";
import Render from "../Render.svelte";

let shown: ReturnType<typeof mount> | undefined;
let asked: [string, Record<string, unknown>][] = [];
beforeEach(() => {
  speak("en");
  asked = [];
  Object.assign(desk, { failures: [], notice: null, queue: [], aside: null, place: "render", stage: { kind: "start" }, scenery: null });
});
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
  clearMocks();
});
const find = <E extends HTMLElement>(css: string) => document.querySelector<E>(css) as E;
const settled = () => new Promise((wake) => setTimeout(wake, 0)).then(() => flushSync());
const show = () => (shown = mount(Render, { target: document.body }));
const times = (command: string) => asked.filter(([name]) => name === command).length;

/** Answers commands; one that is not named is never answered. */
function answer(answers: Record<string, (payload: Record<string, unknown>) => unknown>) {
  mockIPC((command, payload) => {
    asked.push([command, payload as Record<string, unknown>]);
    const found = answers[command] ?? (command === "standing" ? () => "free" : undefined);
    return found === undefined ? new Promise(() => {}) : found(payload as Record<string, unknown>);
  });
}
function type(css: string, text: string, event = "input") {
  const field = find<HTMLInputElement>(css);
  field.value = text;
  field.dispatchEvent(new Event(event, { bubbles: true }));
  flushSync();
}

const more: More = { spp: 0, fps: 24, time: 0, shutter: 0, f_stop: 0, focus: 0, env: "", env_strength: 1, env_rotate: 0, seed: 0, max_bounces: 8, filter: "box", microfacet: "multi", clamp_indirect: 10, denoise: "node", steady: true, weights: "", tile: 0, layers: "beauty", exr_layout: "comp", compression: "zip", gpu: "" };
const usual: Order = { scene: "/p/a.glb", output: "/p/a.exr", quality: "good", width: 1920, height: 1080, frames: "", camera: "", place: "here", coordinator: "", max_price: 1000, nodes: "", referee: "", more };
const card = (change: Partial<Card>): Card => ({ id: "r1", order: usual, outcome: "running", began_s: 0, elapsed_s: 1, done: 0.5, eta_s: null, width: 64, height: 36, spp: 1, frames: 1, begun: [], written: [], tiles: 4, tiles_done: 1, adapter: "card", nodes: 0, sent_mib: 1.9, results: 0, audited: 0, job: "", link: "", is_artist_away: false, is_kept: true, finishing: null, is_paused: false, taken_up: 0, picture: "", preview: "", partial: "", notes: [], failure: null, ...change });
const scenery = (...cards: Card[]) => ({ cards, settings: { coordinator: "", adapter: "" } }) as unknown as Scenery;

async function showCard(change: Partial<Card>) {
  desk.scenery = scenery(card(change));
  desk.stage = { kind: "card", id: "r1" };
  show();
  await settled();
}

test("a render that was stopped and goes on can be stopped again", async () => {
  answer({ stop: () => null, resume: () => "r1", scenery: () => scenery(card({})), mosaic: () => new ArrayBuffer(0) });
  await showCard({});
  const stop = () => [find<HTMLButtonElement>("#stop").disabled, find("#stop").textContent];
  find("#stop").click();
  await settled();
  expect(stop()).toEqual([true, "Stopping…"]);
  desk.scenery = scenery(card({ outcome: "stopped" }));
  await settled();
  find("#go-on").click();
  await settled();
  await settled();
  expect(stop()).toEqual([false, "Stop and keep"]);
  find("#stop").click();
  await settled();
  expect([times("stop"), stop()]).toEqual([2, [true, "Stopping…"]]);
});

test("a render pauses and goes on when its coordinator says so, and the clock stands still meanwhile", async () => {
  answer({ pause_render: () => null, mosaic: () => new ArrayBuffer(0) });
  await showCard({ elapsed_s: 65, eta_s: 20 });
  find("#pause-render").click();
  await settled();
  expect([find<HTMLButtonElement>("#pause-render").disabled, document.querySelector("#resume-render")]).toEqual([true, null]);
  desk.scenery = scenery(card({ elapsed_s: 65, is_paused: true }));
  await settled();
  expect(find("#outcome").textContent?.trim()).toBe("Paused");
  expect(find(".status.partial").textContent).toMatch(/The GPU is free/);
  vi.useFakeTimers();
  vi.advanceTimersByTime(5000);
  vi.useRealTimers();
  flushSync();
  expect(find(".facts").textContent).toMatch(/1:05$/);
  find("#resume-render").click();
  await settled();
  expect(asked.filter(([name]) => name === "pause_render").map(([, words]) => words)).toEqual([{ id: "r1", isPaused: true }, { id: "r1", isPaused: false }]);
  desk.scenery = scenery(card({}));
  await settled();
  expect([find<HTMLButtonElement>("#pause-render").disabled, find("#outcome").textContent?.trim()]).toEqual([false, "Rendering"]);
});

test("whatever starts a render starts it once, however often it is pressed", async () => {
  answer({ mosaic: () => new ArrayBuffer(0) });
  await showCard({ outcome: "stopped" });
  find("#go-on").click();
  find("#go-on").click();
  await settled();
  expect([times("resume"), find<HTMLButtonElement>("#go-on").disabled]).toEqual([1, true]);
  desk.stage = { kind: "start" };
  await settled();
  find("#sample").click();
  find("#sample").click();
  await settled();
  expect([times("sample_scene"), find<HTMLButtonElement>("#sample").disabled]).toEqual([1, true]);
});

test("what was sent is said of a network's render and of no other", async () => {
  answer({ mosaic: () => new ArrayBuffer(0) });
  await showCard({});
  expect(find("#means").textContent).toBe("Rendered with card");
  desk.scenery = scenery(card({ adapter: "", order: { ...usual, place: "network" } }));
  await settled();
  expect(find("#means").textContent).toBe("1.9 MiB sealed and sent");
  desk.scenery = scenery(card({ adapter: "", order: { ...usual, place: "network" }, results: 40, audited: 16 }));
  await settled();
  expect(find("#means").textContent).toBe("1.9 MiB sealed and sent · 16 of 40 results checked by rendering pixels again");
});

test("what a render will take is told until the form says something else, and an answer that comes late is not shown for it", async () => {
  const found = { scene: "a.glb", name: "a.glb", cameras: [], camera: "", width: 64, height: 36, animation_s: 0, frames: "", remarks: [] } as unknown as Preflight;
  let settle: (answer: unknown) => void = () => {};
  answer({ forecast: () => new Promise((resolve) => (settle = resolve)) });
  desk.scenery = scenery();
  desk.stage = { kind: "form", preflight: found, usual, order: { ...usual, scene: "a.glb", output: "a.exr" }, proposed: "a.exr" } as typeof desk.stage;
  show();
  await settled();
  find("#forecast").click();
  await settled();
  expect([times("forecast"), find<HTMLButtonElement>("#forecast").disabled]).toEqual([1, true]);
  settle({ time_s: [61, 124.4], credits: [0, 0], nodes: 0, nodes_unknown: 0, jobs: 0, send_mib: 0 });
  await settled();
  expect(find("#forecast-answer").textContent).toBe("About 1:01; nine times in ten within 2:04");
  find("#forecast").click();
  await settled();
  type("#width", "128");
  settle({ time_s: [1, 2], credits: [0, 0], nodes: 0, nodes_unknown: 0, jobs: 0, send_mib: 0 });
  await settled();
  expect(document.querySelector("#forecast-answer")).toBe(null);
});

test("what was begun for a form ends when it is left", async () => {
  answer({ leave_form: () => null });
  desk.scenery = scenery();
  desk.stage = { kind: "form", preflight: { cameras: [], frames: "", remarks: [] } as unknown as Preflight, usual, order: usual, proposed: "" };
  show();
  await settled();
  expect(times("leave_form")).toBe(0);
  desk.stage = { kind: "start" };
  await settled();
  expect(times("leave_form")).toBe(1);
});

test("between two reports the clock goes on, and a first tile that is late is explained", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  try {
    answer({ mosaic: () => new ArrayBuffer(0) });
    await showCard({ done: 0, tiles_done: 0 });
    const facts = () => find(".facts").textContent;
    expect(facts()).toContain("0:01");
    vi.advanceTimersByTime(5_000);
    flushSync();
    expect(facts()).toContain("0:06");
    expect(document.body.textContent).not.toContain("starts slowly");
    vi.advanceTimersByTime(5_000);
    flushSync();
    expect(document.body.textContent).toContain("starts slowly");
    desk.scenery = scenery(card({ done: 0.1, elapsed_s: 12 }));
    await settled();
    expect(document.body.textContent).not.toContain("starts slowly");
    expect(facts()).toContain("0:12");
    desk.scenery = scenery(card({ outcome: "stopped", elapsed_s: 13 }));
    await settled();
    vi.advanceTimersByTime(5_000);
    flushSync();
    expect(facts()).toContain("0:13");
  } finally {
    vi.useRealTimers();
  }
});

test("tiles can be shown until there are none any more", async () => {
  answer({ mosaic: () => new ArrayBuffer(0) });
  await showCard({ outcome: "stopped" });
  expect(find("#outlines")).not.toBeNull();
  desk.scenery = scenery(card({ outcome: "done" }));
  await settled();
  expect(find("#outlines")).toBeNull();
});

const preflight = { scene: "/p/a.glb", name: "a.glb", cameras: [], camera: "", width: 1920, height: 1080, animation_s: 1, frames: "0-24", triangles: 1, materials: 1, textures: 1, lights: 1, memory_mib: 1, remarks: [] } as Preflight;
async function showForm() {
  answer({ output_for: ({ isSequence }) => (isSequence ? "/p/a.####.exr" : "/p/a.exr"), preflight: ({ fps }) => ({ ...preflight, frames: `0-${String(fps)}` }) });
  desk.scenery = scenery();
  desk.stage = { kind: "form", preflight, usual, order: { ...usual, more: { ...more } }, proposed: usual.output };
  show();
  await settled();
  const form = desk.stage;
  if (form.kind !== "form") throw new Error("there is a form");
  return form;
}

test("files that wait are named in the form, and the next one is a button away", async () => {
  answer({});
  desk.queue = ["/p/b.glb", "/p/c.glb"];
  await showForm();
  expect(find("#waiting").textContent).toMatch(/2 more scenes wait\s*b\.glb, c\.glb/);
  find("#queue-next").click();
  await settled();
  expect([desk.queue, desk.stage]).toMatchObject([["/p/c.glb"], { kind: "looking", path: "/p/b.glb" }]);
});

test("a picture's name that the person chose is kept when frames are typed, and one that nobody chose is found anew", async () => {
  const form = await showForm();
  type("#frames", "1-4", "change");
  await settled();
  expect(form.order.output).toBe("/p/a.####.exr");
  type("#frames", "", "change");
  await settled();
  type("#output", "/mine/shot.exr");
  type("#frames", "1-4", "change");
  await settled();
  expect(form.order.output).toBe("/mine/shot.####.exr");
});

test("an emptied number is the usual one, which stands there faintly", async () => {
  const form = await showForm();
  const field = (css: string) => [find<HTMLInputElement>(css).value, find<HTMLInputElement>(css).placeholder];
  type("#bounces", "3");
  type("#seed", "7");
  type("#tile", "64");
  expect(form.order.more).toMatchObject({ max_bounces: 3, seed: 7, tile: 64 });
  for (const css of ["#bounces", "#seed", "#tile", "#width", "#height"]) type(css, "");
  expect(form.order.more).toEqual(more);
  expect([form.order.width, form.order.height]).toEqual([1920, 1080]);
  expect([field("#bounces"), field("#tile"), field("#width")]).toEqual([["", "8"], ["", "automatic"], ["", "1920"]]);
});

test("with another rate the whole animation that is offered is another one", async () => {
  await showForm();
  expect(find(".all").textContent).toBe("Whole animation: 0-24");
  type("#fps", "60");
  type("#fps", "60", "change");
  await settled();
  expect(find(".all").textContent).toBe("Whole animation: 0-60");
});

test("a field that is not right is shown, also where it is folded away", async () => {
  await showForm();
  find("#bounces").scrollIntoView = () => {};
  Object.defineProperty(find("#bounces"), "validity", { value: { valid: false } });
  expect(find<HTMLDetailsElement>("details").open).toBe(false);
  find("#bounces").dispatchEvent(new Event("invalid"));
  expect([find<HTMLDetailsElement>("details").open, document.activeElement?.id]).toEqual([true, "bounces"]);
});

test("nothing is written over unless the person says so", async () => {
  const form = await showForm();
  let standing = "written";
  answer({ standing: () => standing, output_for: () => "/p/a-2.exr", start: () => "r2", scenery: () => scenery(card({ id: "r2" })), mosaic: () => new ArrayBuffer(0) });
  find("#start").click();
  await settled();
  expect([times("start"), find("#write-over").textContent]).toEqual([0, "Write over it"]);
  find("#rename").click();
  await settled();
  expect([times("start"), form.order.output]).toEqual([0, "/p/a-2.exr"]);
  standing = "promised";
  find("#start").click();
  await settled();
  expect(document.querySelector("dialog")?.textContent).toContain("Another render writes “a-2.exr”");
  find("#write-over").click();
  await settled();
  expect(asked.filter(([name]) => name === "start").map(([, payload]) => (payload.order as Order).output)).toEqual(["/p/a-2.exr"]);
});
