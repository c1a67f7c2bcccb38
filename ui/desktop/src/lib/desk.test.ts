import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { desk, look, refresh, take, trySample } from "./desk.svelte";

const settings = { purpose: "render", theme: "dark", language: "en", coordinator: "", adapter: "" };
let asked: string[] = [];

beforeEach(() => {
  asked = [];
  Object.assign(desk, { scenery: null, failure: null, trouble: null, queue: [], stage: { kind: "start" } });
  mockIPC((command, payload) => {
    asked.push(command);
    const path = String((payload as { path?: string }).path);
    if (command === "scenery") return { settings, cards: [], earning: { phase: "off" } };
    if (command === "preflight" && path.endsWith(".txt")) throw { exit: 3, what: "it is no scene", advice: "give a .glb" };
    if (command === "preflight") return { scene: path, width: 1920, height: 1080, cameras: [], remarks: [], frames: "" };
    if (command === "new_order") return { more: {}, place: "here", frames: "" };
    if (command === "output_for") return "out.exr";
    if (command === "sample_scene") return "sample.glb";
    if (command === "start") return "r1";
    return null;
  });
});
afterEach(clearMocks);

test("a good scene opens the form with the camera's size", async () => {
  await look("a.glb");
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "a.glb", width: 1920, height: 1080, output: "out.exr" } });
});

test("a wrong file gives its sentence and advice, and the start is there again", async () => {
  await look("notes.txt");
  expect(desk.stage).toEqual({ kind: "start" });
  expect(desk.failure).toEqual({ exit: 3, what: "it is no scene", advice: "give a .glb" });
  await look("a.glb");
  expect([desk.stage.kind, desk.failure]).toEqual(["form", null]);
});

test("of many files the first is looked at and the others wait", async () => {
  await take(["a.glb", "b.glb", "c.glb"]);
  expect(desk.queue).toEqual(["b.glb", "c.glb"]);
});

test("an answer that comes too late does not open a form", async () => {
  const late = look("a.glb");
  desk.stage = { kind: "start" };
  await late;
  expect(desk.stage).toEqual({ kind: "start" });
});

test("the sample starts at once as a draft and is shown", async () => {
  await trySample();
  expect(asked.filter((command) => command === "start")).toHaveLength(1);
  expect(desk.stage).toEqual({ kind: "card", id: "r1" });
});

test("calls that come while one is under way are one call after it", async () => {
  await Promise.all([refresh(), refresh(), refresh(), refresh()]);
  expect(asked.filter((command) => command === "scenery")).toHaveLength(2);
  expect(document.documentElement.dataset["theme"]).toBe("dark");
});
