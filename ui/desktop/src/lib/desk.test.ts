import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isAddress, useCoordinator } from "./coordinator";
import { back, desk, look, next, recount, refresh, showCard, take, trySample } from "./desk.svelte";

const settings = { purpose: "render", theme: "dark", language: "en", coordinator: "", adapter: "" };
const NO_SCENE = { exit: 3, what: "no scene lies in it", advice: "give a .glb" };
let asked: string[] = [];

beforeEach(() => {
  asked = [];
  Object.assign(desk, { scenery: null, failures: [], notice: null, link: null, trouble: null, queue: [], aside: null, stage: { kind: "start" } });
  mockIPC((command, payload) => {
    asked.push(command);
    const { path = "", fps, handed } = payload as { path?: string; fps?: number; handed?: string[] };
    if (command === "offered") return { scenes: handed?.filter((one) => one !== "folder"), failures: handed?.includes("folder") ? [NO_SCENE] : [] };
    if (command === "scenery") return { settings: { ...settings }, cards: [], earning: { phase: "off" } };
    if (command === "preflight" && path.endsWith(".txt")) throw { exit: 3, what: `${path} is no scene`, advice: "give a .glb" };
    if (command === "preflight") return { scene: path, width: 1920, height: 1080, cameras: [], remarks: [], frames: path.startsWith("film") ? `0-${fps}` : "" };
    if (command === "new_order") return { more: { fps: 24 }, place: "here", frames: "" };
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
  await take(["notes.txt"]);
  expect(desk.stage).toEqual({ kind: "start" });
  expect(desk.failures).toEqual([{ exit: 3, what: "notes.txt is no scene", advice: "give a .glb" }]);
  await take(["a.glb"]);
  expect([desk.stage.kind, desk.failures]).toEqual(["form", []]);
});

test("of many files the first is looked at and the others wait", async () => {
  await take(["a.glb", "b.glb", "c.glb"]);
  expect(desk.queue).toEqual(["b.glb", "c.glb"]);
});

test("files that are no scenes lose none behind them, and why they are none stays to be read", async () => {
  await take(["one.txt", "two.txt", "good.glb", "later.glb"]);
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "good.glb" } });
  expect(desk.failures.map((failure) => failure.what)).toEqual(["one.txt is no scene", "two.txt is no scene"]);
  expect(desk.queue).toEqual(["later.glb"]);
});

test("what is not taken is told at once, also behind a form, and with what is found later", async () => {
  await take(["folder", "one.txt", "a.glb"]);
  expect(desk.failures.map((failure) => failure.what)).toEqual(["no scene lies in it", "one.txt is no scene"]);
  desk.failures = [];
  await take(["folder", "b.glb"]);
  expect([desk.stage.kind, desk.failures, desk.queue]).toEqual(["form", [NO_SCENE], ["b.glb"]]);
});

test("a picture of light lights the scene of an open form, and is looked into where there is none", async () => {
  await take(["a.glb"]);
  await take(["/skies/noon.HDR"]);
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "a.glb", more: { env: "/skies/noon.HDR" } } });
  expect([desk.notice, desk.queue]).toEqual([{ key: "drop.lit", place: "noon.HDR" }, []]);
  await take(["b.exr", "c.exr"]);
  expect(desk.queue).toEqual(["b.exr", "c.exr"]);
});

test("a wrong file takes nobody away from the render that they watch", async () => {
  showCard("r1");
  await take(["one.txt"]);
  expect(desk.stage).toEqual({ kind: "card", id: "r1" });
  expect(desk.failures).toHaveLength(1);
});

test("files that come while a form is filled in wait behind it, and behind those that wait already", async () => {
  await take(["a.glb", "b.glb"]);
  if (desk.stage.kind === "form") desk.stage.order.width = 77;
  desk.place = "earn";
  await take(["c.glb"]);
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "a.glb", width: 77 } });
  expect([desk.queue, desk.place]).toEqual([["b.glb", "c.glb"], "render"]);
  await next();
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "b.glb" } });
  expect(desk.queue).toEqual(["c.glb"]);
});

test("a form that is filled in is there again after a look at a render, and files wait behind it meanwhile", async () => {
  await take(["a.glb"]);
  if (desk.stage.kind === "form") desk.stage.order.width = 77;
  showCard("r1");
  await take(["b.glb"]);
  expect([desk.stage, desk.queue]).toEqual([{ kind: "card", id: "r1" }, ["b.glb"]]);
  back();
  expect(desk.stage).toMatchObject({ kind: "form", order: { scene: "a.glb", width: 77 } });
  back();
  expect(desk.stage).toEqual({ kind: "start" });
});

test("files that come while one is looked at wait too", async () => {
  const looked = take(["a.glb"]);
  await take(["b.glb"]);
  await looked;
  expect([desk.stage, desk.queue]).toMatchObject([{ kind: "form", order: { scene: "a.glb" } }, ["b.glb"]]);
});

test("with another rate the whole animation is another number of frames, also where it was chosen already", async () => {
  await take(["film.glb"]);
  const form = desk.stage;
  if (form.kind !== "form") throw new Error("there is a form");
  expect(form.preflight.frames).toBe("0-24");
  form.order.frames = "0-24";
  form.order.more.fps = 60;
  await recount();
  expect([form.preflight.frames, form.order.frames]).toEqual(["0-60", "0-60"]);
  form.order.frames = "3-5";
  form.order.more.fps = 30;
  await recount();
  expect([form.preflight.frames, form.order.frames]).toEqual(["0-30", "3-5"]);
});

const address = `tessera://farm.example:7411#${"0a".repeat(32)}`;

test("a link that is no whole address is told from one that is", () => {
  expect([address, `tessera://[::1]:7411#${"0A".repeat(32)}`, ` ${address}`].map(isAddress)).toEqual([true, true, true]);
  const wrong = ["tessera:", "tessera:nonsense", "tessera://farm.example:7411", "tessera://farm#00", address.slice(0, -1), `${address}0`, address.replace("7411", "74110"), address.replace("tessera", "https")];
  expect(wrong.filter(isAddress)).toEqual([]);
});

test("a coordinator's link is used for everything, and while this computer earns for rendering alone; both are said", async () => {
  await refresh();
  await useCoordinator(address);
  expect(desk.scenery?.settings).toMatchObject({ coordinator: address, earn_coordinator: address });
  expect(desk.notice).toEqual({ key: "link.used", place: "farm.example:7411" });
  const other = address.replace("farm", "other");
  if (desk.scenery) desk.scenery.earning.phase = "paused";
  await take(["a.glb"]);
  await useCoordinator(other);
  expect(desk.scenery?.settings).toMatchObject({ coordinator: other, earn_coordinator: address });
  expect(desk.notice).toEqual({ key: "link.used.render", place: "other.example:7411" });
  expect(desk.stage).toMatchObject({ kind: "form", order: { coordinator: other } });
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
