import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import { speak } from "../lib/say.svelte";
import { desk } from "../lib/desk.svelte";
import type { Scenery, Settings } from "../lib/bindings";
import Choice from "./Choice.svelte";
import Closing from "./Closing.svelte";
import LinkDialog from "./LinkDialog.svelte";
import Status from "./Status.svelte";

let shown: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
  clearMocks();
});
const settled = () => new Promise((wake) => setTimeout(wake, 0)).then(() => flushSync());

test("an error is told at once, with what happened, what to do and its details", () => {
  speak("en");
  const failure = { exit: 3, what: "the file is cut short", advice: "export it again" };
  shown = mount(Status, { target: document.body, props: { kind: "error", failure } });
  const alert = document.querySelector("[role=alert]");
  expect(alert?.textContent).toContain("The file is cut short");
  expect(alert?.textContent).toContain("Export it again");
  expect(alert?.querySelector("button")?.textContent).toBe("Copy details");
});

test("an error is told in the person's language, and copied for a report as the program told it", async () => {
  speak("de");
  const copied = vi.fn(() => Promise.resolve());
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: copied } });
  const failure = { exit: 4, what: "nobody answers", advice: "check that the coordinator runs and that UDP is let through" };
  shown = mount(Status, { target: document.body, props: { kind: "error", failure } });
  const alert = document.querySelector("[role=alert]");
  expect(alert?.textContent).toContain("Niemand antwortet");
  expect(alert?.textContent).toContain("Prüfe, ob der Koordinator läuft");
  alert?.querySelector("button")?.click();
  expect(copied).toHaveBeenCalledWith("nobody answers; check that the coordinator runs and that UDP is let through (4)");
  vi.unstubAllGlobals();
  speak("en");
});

test("a clipboard that refuses is not said to have taken anything", async () => {
  speak("en");
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: () => Promise.reject(new Error("no")) } });
  shown = mount(Status, { target: document.body, props: { kind: "error", failure: { exit: 1, what: "a", advice: "b" } } });
  document.querySelector("button")?.click();
  await settled();
  expect(document.querySelector("button")?.textContent).toBe("The clipboard refused");
  vi.unstubAllGlobals();
});

const scenery = (settings: Partial<Settings>, earning: object = { phase: "off", is_rendering: false }) => ({ cards: [], has_tray: true, settings, earning }) as unknown as Scenery;

test("staying in the tray once does not change that closing ends the program", async () => {
  speak("en");
  const asked: unknown[] = [];
  mockIPC((command, payload) => void asked.push([command, payload]));
  desk.scenery = scenery({ close_quits: true, told_of_tray: false, language: "en" });
  shown = mount(Closing, { target: document.body });
  document.querySelector<HTMLElement>("#stay")?.click();
  await settled();
  expect(asked).toEqual([["hide", {}]]);
  desk.scenery.settings.close_quits = false;
  document.querySelector<HTMLElement>("#stay")?.click();
  await settled();
  expect(asked[1]).toEqual(["set_settings", { settings: { close_quits: false, told_of_tray: true, language: "en" } }]);
});

test("closing says what it would interrupt, also when that is somebody else's tile", () => {
  speak("en");
  desk.scenery = scenery({}, { phase: "working", is_rendering: true });
  shown = mount(Closing, { target: document.body });
  expect(document.querySelector("dialog")?.textContent).toContain("A tile is being rendered for somebody else");
  expect(document.querySelector("dialog")?.textContent).not.toContain("A render is running");
});

test("half an address is told and not taken", async () => {
  speak("en");
  const asked: string[] = [];
  mockIPC((command) => void asked.push(command));
  desk.scenery = scenery({ language: "en" });
  shown = mount(LinkDialog, { target: document.body, props: { arrived: { link: "tessera:nonsense", is_view: false } } });
  expect(document.querySelector("dialog")?.textContent).toContain("This link is incomplete");
  expect(document.querySelector("#link-yes")).toBeNull();
  document.querySelector<HTMLElement>("#link-no")?.click();
  await settled();
  expect(asked).toEqual([]);
});

test("a choice is a group of radio buttons with one chosen", () => {
  const choose = vi.fn();
  const options = [{ value: "a", label: "A" }, { value: "b", label: "B" }];
  shown = mount(Choice, { target: document.body, props: { legend: "Which", name: "which", options, value: "a", choose } });
  const buttons = [...document.querySelectorAll<HTMLInputElement>("input[type=radio]")];
  expect(buttons.map((button) => button.checked)).toEqual([true, false]);
  buttons[1]?.click();
  flushSync();
  expect(choose).toHaveBeenCalledWith("b");
  const name = document.querySelector("[role=radiogroup]")?.getAttribute("aria-labelledby");
  expect(document.getElementById(name ?? "")?.textContent).toBe("Which");
});
