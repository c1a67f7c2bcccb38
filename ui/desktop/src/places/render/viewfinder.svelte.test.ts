import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { More, Order } from "../../lib/bindings";
import { speak } from "../../lib/say.svelte";
import Viewfinder from "./Viewfinder.svelte";

const more = { spp: 0, fps: 24, time: 0, shutter: 0, f_stop: 0, focus: 0, env: "", env_strength: 1, env_rotate: 0, seed: 0, max_bounces: 8, filter: "box", microfacet: "multi", clamp_indirect: 10, denoise: "node", steady: true, weights: "", tile: 0, layers: "beauty", exr_layout: "comp", compression: "zip", gpu: "" } satisfies More;
const usual: Order = { scene: "/p/a.glb", output: "/p/a.exr", quality: "good", width: 1920, height: 1080, frames: "", camera: "", place: "here", coordinator: "", max_price: 1000, nodes: "", referee: "", more };

let shown: ReturnType<typeof mount> | undefined;
/** How often the picture was fetched, and how the one that is under way is answered, where a test does that. */
let fetched = 0;
let fetching: ((bytes: ArrayBuffer) => void) | null = null;
/** The questions so far, each with how it is answered. */
let asked: { order: Order; place: number; answer: (looked: unknown) => void; refuse: (failure: unknown) => void }[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  speak("en");
  asked = [];
  [fetched, fetching] = [0, null];
  mockIPC((command, payload) => {
    if (command !== "look") {
      fetched += 1;
      return new Promise((answer) => (fetching = answer));
    }
    const { order, place } = payload as { order: Order; place: number };
    return new Promise((answer, refuse) => asked.push({ order, place, answer, refuse }));
  });
});
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
  clearMocks();
  vi.useRealTimers();
});

/** Shows it with this form, which can be changed. */
function show(waits = false, isLarge = false) {
  const props = $state({ order: structuredClone(usual), waits, isLarge });
  shown = mount(Viewfinder, { target: document.body, props });
  flushSync();
  return props;
}
async function settle(milliseconds: number) {
  flushSync();
  await vi.advanceTimersByTimeAsync(milliseconds);
  flushSync();
}

test("the form is looked at once it is left alone, and anew when what is seen changes", async () => {
  const form = show();
  form.order.camera = "left";
  await settle(299);
  expect(asked.length).toBe(0);
  await settle(1);
  expect(asked.map(({ order }) => order.camera)).toEqual(["left"]);
  form.order.more.spp = 9;
  Object.assign(form.order, { output: "/p/b.exr", quality: "draft", width: 960, height: 540, place: "network" });
  await settle(1000);
  expect(asked.length, "the picture would be the same").toBe(1);
  form.order.more.f_stop = 2.8;
  await settle(1000);
  expect(asked.map(({ order }) => order.more.f_stop)).toEqual([0, 2.8]);
});

test("a look that had to make way is asked for again, and a scene that cannot be seen says why", async () => {
  show();
  await settle(300);
  asked[0]?.refuse({ exit: 130, what: "the look at the scene was ended", advice: "" });
  await settle(300);
  expect([asked.length, document.querySelector("[role=alert]")]).toEqual([2, null]);
  asked[1]?.refuse({ exit: 5, what: "the scene is broken", advice: "mend it" });
  await settle(1000);
  expect(asked.length).toBe(2);
  expect(document.querySelector("[role=alert]")?.textContent).toContain("The scene is broken");
});

test("an answer to a question that nobody asks any more is not told", async () => {
  const form = show();
  await settle(300);
  form.order.camera = "left";
  await settle(300);
  asked[0]?.refuse({ exit: 5, what: "the scene is broken", advice: "" });
  await settle(300);
  expect([asked.length, document.querySelector("[role=alert]")]).toEqual([2, null]);
});

test("while a render has the GPU nothing is looked at, and afterwards it is", async () => {
  const form = show(true);
  await settle(1000);
  expect(asked.length).toBe(0);
  expect(document.body.textContent).toContain("when the render on this computer is over");
  form.waits = false;
  await settle(300);
  expect(asked.length).toBe(1);
});

test("a large scene is looked at when a person says so, and then as any other", async () => {
  const form = show(false, true);
  await settle(1000);
  expect(asked.length).toBe(0);
  document.querySelector<HTMLButtonElement>("#viewfinder-show")?.click();
  await settle(300);
  expect(asked.length).toBe(1);
  form.order.camera = "left";
  await settle(300);
  expect(asked.length).toBe(2);
});

test("the last picture is fetched, also when an older one was under way", async () => {
  show();
  await settle(300);
  await settle(150);
  expect(fetched).toBe(1);
  asked[0]?.answer({ frame: 0, frames: 1 });
  await settle(1000);
  expect(fetched, "one at a time").toBe(1);
  fetching?.(new ArrayBuffer(0));
  await settle(0);
  expect(fetched).toBe(2);
});

test("each frame of an animation can be looked at", async () => {
  const form = show();
  form.order.frames = "10-30x10";
  await settle(300);
  asked[0]?.answer({ frame: 10, frames: 3 });
  await settle(0);
  const slider = document.querySelector<HTMLInputElement>("#viewfinder-frame");
  expect([slider?.max, document.body.textContent?.includes("Frame 10")]).toEqual(["2", true]);
  if (slider === null) throw new Error("no slider");
  slider.value = "2";
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await settle(300);
  expect(asked.map(({ place }) => place)).toEqual([0, 2]);
});
