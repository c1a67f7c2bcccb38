// What the page knows of the desk, and what it asks of it. Components read `desk` and call these functions; nobody else invokes.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { type Card, commands, type Failure, type Order, type Preflight, type Scenery, type Settings } from "./bindings";
import { fileName, type Key, speak } from "./say.svelte";
import { isLight } from "./scenes";

export type PlaceName = "render" | "earn" | "watch" | "settings";

/** What the Render place shows. */
export type Stage =
  | { kind: "start" }
  | { kind: "looking"; path: string }
  /** `usual` is what an order is that nobody changed; `proposed` the picture's name that nobody chose: another one is the person's. */
  | { kind: "form"; preflight: Preflight; order: Order; usual: Order; proposed: string }
  | { kind: "card"; id: string };

interface Desk {
  scenery: Scenery | null;
  /** Why the desk itself did not answer. */
  trouble: Failure | null;
  place: PlaceName;
  stage: Stage;
  /** A form that is filled in, while a render is looked at. */
  aside: Stage | null;
  /** The watched render that is shown large. */
  looking: string | null;
  /** Why the last thing that was asked for did not happen; of several files, why each did not. */
  failures: Failure[];
  /** What was done, where nothing else shows it. */
  notice: { key: Key; place: string } | null;
  /** Files over the window, before they are let go. */
  hovering: string[];
  /** Where they are over it. */
  pointer: [number, number];
  /** A link from outside, until the person agrees or not. */
  link: { link: string; is_view: boolean } | null;
  /** Files that wait for their turn. */
  queue: string[];
  /** Whether the window wants to be closed. */
  closing: boolean;
}

export const desk: Desk = $state({
  scenery: null,
  trouble: null,
  place: "render",
  stage: { kind: "start" },
  aside: null,
  looking: null,
  failures: [],
  notice: null,
  hovering: [],
  pointer: [0, 0],
  link: null,
  queue: [],
  closing: false,
});

export function failureOf(error: unknown): Failure {
  const known = error as Partial<Failure> | null;
  if (known !== null && typeof known === "object" && typeof known.what === "string") {
    return { exit: known.exit ?? 1, what: known.what, advice: known.advice ?? "" };
  }
  return { exit: 1, what: String(error), advice: "" };
}

/** Does something, and shows why when it does not work. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  desk.failures = [];
  try {
    return await work();
  } catch (error) {
    desk.failures = [failureOf(error)];
    return undefined;
  }
}

/** Fetches everything that is drawn. Calls that come while one is under way are one call after it. */
let fetching: Promise<void> | null = null;
let stale = false;
export function refresh(): Promise<void> {
  if (fetching !== null) {
    stale = true;
    return fetching;
  }
  fetching = (async () => {
    do {
      stale = false;
      try {
        desk.scenery = await commands.scenery();
        desk.trouble = null;
        dress(desk.scenery.settings);
      } catch (error) {
        desk.trouble = failureOf(error);
      }
    } while (stale);
    fetching = null;
  })();
  return fetching;
}

function dress(settings: Settings): void {
  document.documentElement.dataset["theme"] = settings.theme;
  speak(settings.language);
}

let keeping: Promise<unknown> = Promise.resolve();
/** Keeps changed settings. */
export async function choose(change: Partial<Settings>): Promise<void> {
  if (desk.scenery === null) return;
  const settings = { ...desk.scenery.settings, ...change };
  desk.scenery.settings = settings;
  dress(settings);
  keeping = attempt(() => commands.setSettings(settings));
  await keeping;
}

/** Waits until the program has the settings that the page shows. */
export async function kept(): Promise<void> {
  await keeping;
}

/** Goes to a place. */
export function go(place: PlaceName): void {
  desk.place = place;
  desk.failures = [];
  desk.notice = null;
}

/** Shows a render; a form that is being filled in is there again afterwards. */
export function showCard(id: string): void {
  if (desk.stage.kind === "form") desk.aside = desk.stage;
  desk.stage = { kind: "card", id };
  go("render");
}

/** Leaves what the Render place shows. */
export function back(): void {
  desk.stage = desk.aside ?? { kind: "start" };
  desk.aside = null;
}

export function cards(): Card[] {
  return desk.scenery?.cards ?? [];
}

/** The renders of this computer's person; the others are only watched. */
export function own(): Card[] {
  return cards().filter((card) => card.link === "");
}

/** Looks on at somebody else's render; says whether the link was one. */
export async function lookOn(link: string): Promise<boolean> {
  const id = await attempt(() => commands.watchLink(link));
  if (id === undefined) return false;
  await refresh();
  desk.place = "watch";
  desk.looking = id;
  return true;
}

/** Takes files that were dropped, chosen or handed over. They wait behind those that wait already, and behind a form that is being filled in. */
export async function take(paths: string[]): Promise<void> {
  if (paths.length === 0) return;
  const offered = await attempt(() => commands.offered(paths));
  if (offered === undefined) return;
  desk.failures = offered.failures;
  const light = lightOf(offered.scenes);
  if (light !== undefined && desk.stage.kind === "form") {
    desk.stage.order.more.env = light;
    desk.notice = { key: "drop.lit", place: fileName(light) };
    return;
  }
  desk.queue.push(...offered.scenes);
  desk.place = "render";
  const isFree = desk.stage.kind === "start" || desk.stage.kind === "card";
  if (isFree && desk.aside === null) await next(offered.failures);
}

/** The picture of light that would light the form's scene, when nothing else is handed over while one is filled in. */
export function lightOf(paths: string[]): string | undefined {
  const isForForm = desk.place === "render" && desk.stage.kind === "form";
  return isForForm && paths.length === 1 && paths.every(isLight) ? paths[0] : undefined;
}

/** The same from a drop on the window, which also answers the first question. */
async function takeDropped(paths: string[]): Promise<void> {
  if (desk.scenery?.settings.purpose === null) await choose({ purpose: "render" });
  await take(paths);
}

/** Looks into the scenes that wait, up to the first that can be rendered; why the others cannot stays on the screen, with what was told before. */
export async function next(told: Failure[] = []): Promise<void> {
  desk.failures = told;
  const card = desk.stage.kind === "card" ? desk.stage : null;
  for (let path = desk.queue.shift(); path !== undefined; path = desk.queue.shift()) {
    await look(path);
    // There is a form now, or the person has turned to something else: the others wait on.
    if (desk.stage.kind !== "start") return;
  }
  // Whoever watches a render goes on watching it.
  if (card !== null) desk.stage = card;
}

/** Looks into a scene before anything is rendered. */
export async function look(path: string): Promise<void> {
  desk.place = "render";
  desk.notice = null;
  desk.stage = { kind: "looking", path };
  try {
    const usual = await commands.newOrder();
    const order = { ...usual, more: { ...usual.more } };
    const [preflight, output] = await Promise.all([commands.preflight(path, order.more.fps), commands.outputFor(path, false)]);
    Object.assign(order, { scene: path, output, width: preflight.width, height: preflight.height, camera: "" });
    order.coordinator = desk.scenery?.settings.coordinator ?? "";
    order.more.gpu = desk.scenery?.settings.adapter ?? "";
    if (isLooking(path)) desk.stage = { kind: "form", preflight, order, usual, proposed: output };
  } catch (error) {
    if (!isLooking(path)) return;
    desk.stage = { kind: "start" };
    desk.failures.push(failureOf(error));
  }
}

/** Whether the person has not turned to something else meanwhile. */
function isLooking(path: string): boolean {
  return desk.stage.kind === "looking" && desk.stage.path === path;
}

/** Renders the sample scene at once, small and in small tiles: the first is there in half the time, all of them a little later. */
export async function trySample(): Promise<void> {
  desk.place = "render";
  await attempt(async () => {
    const scene = await commands.sampleScene();
    const order = await commands.newOrder();
    const output = await commands.outputFor(scene, false);
    const more = { ...order.more, tile: 128 };
    await start({ ...order, scene, output, quality: "draft", width: 640, height: 360, more });
  });
}

/** Starts a render and shows it. */
export async function start(order: Order): Promise<void> {
  const id = await commands.start(order);
  await refresh();
  desk.stage = { kind: "card", id };
}

/** Opens the form again with what was asked then, under a free name. */
export async function again(card: Card): Promise<void> {
  const { scene, frames, more } = card.order;
  desk.place = "render";
  desk.failures = [];
  desk.stage = { kind: "looking", path: scene };
  try {
    const asked = [commands.newOrder(), commands.preflight(scene, more.fps), commands.outputFor(scene, frames !== "")] as const;
    const [usual, preflight, output] = await Promise.all(asked);
    if (isLooking(scene)) desk.stage = { kind: "form", preflight, order: { ...card.order, output }, usual, proposed: output };
  } catch (error) {
    if (!isLooking(scene)) return;
    desk.stage = { kind: "start" };
    desk.failures = [failureOf(error)];
  }
}

/** Asks anew how many frames show the whole animation, at the rate that the form has now. */
export async function recount(): Promise<void> {
  const form = desk.stage;
  if (form.kind !== "form" || form.preflight.frames === "") return;
  const fps = form.order.more.fps;
  const found = await attempt(() => commands.preflight(form.preflight.scene, fps));
  if (found === undefined || desk.stage !== form || form.order.more.fps !== fps) return;
  // Who chose the whole animation still wants all of it.
  if (form.order.frames === form.preflight.frames) form.order.frames = found.frames;
  form.preflight = found;
}

/** What can be had of a render that was cut off. */
export function remains(card: Card): "cutOff.network" | "cutOff.kept" | "cutOff.here" {
  if (card.job !== "") return "cutOff.network";
  return card.is_kept ? "cutOff.kept" : "cutOff.here";
}

/** Goes on with a render that ended too soon. */
export async function resume(card: Card): Promise<void> {
  const id = await attempt(() => commands.resume(card.id));
  if (id === undefined) return;
  await refresh();
  desk.place = "render";
  desk.stage = { kind: "card", id };
}

/** The bytes of a mosaic since a version. */
export function mosaic(id: string, since: number): Promise<ArrayBuffer> {
  return invoke<ArrayBuffer>("mosaic", { id, since });
}

/** The PNG of a finished render. */
export function preview(id: string): Promise<ArrayBuffer> {
  return invoke<ArrayBuffer>("preview", { id });
}

/** What the form's camera sees, as a small picture. */
export function lookedAt(known: number): Promise<ArrayBuffer> {
  return invoke<ArrayBuffer>("looked_at", { known });
}

/** A scene's picture of the benchmark: columns, rows, pixels. */
export function benchShot(scene: number): Promise<ArrayBuffer> {
  return invoke<ArrayBuffer>("bench_shot", { scene });
}

async function fetchArrivals(): Promise<void> {
  const arrived = await commands.arrivals();
  const files = arrived.flatMap((one) => (one.kind === "file" ? [one.path] : []));
  const link = arrived.flatMap((one) => (one.kind === "link" ? [one] : [])).pop();
  if (link !== undefined) desk.link = link;
  if (files.length > 0) await take(files);
}

/** Connects the page with the program: called once. */
export async function begin(): Promise<void> {
  // Only Windows tells the pointer's place in the screen's own pixels.
  const pixel = navigator.userAgent.includes("Windows") ? devicePixelRatio : 1;
  await Promise.all([
    listen("changed", () => void refresh()),
    listen("arrived", () => void fetchArrivals()),
    listen("closing", () => {
      desk.closing = true;
    }),
    getCurrentWebview().onDragDropEvent(({ payload }) => {
      if (payload.type === "enter") desk.hovering = payload.paths;
      if (payload.type === "enter" || payload.type === "over") desk.pointer = [payload.position.x / pixel, payload.position.y / pixel];
      if (payload.type === "leave") desk.hovering = [];
      if (payload.type === "drop") {
        desk.hovering = [];
        void takeDropped(payload.paths);
      }
    }),
  ]);
  await refresh();
  const purpose = desk.scenery?.settings.purpose;
  if (purpose) desk.place = purpose;
  await fetchArrivals();
}
