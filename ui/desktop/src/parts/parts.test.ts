import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import { speak } from "../lib/say.svelte";
import Choice from "./Choice.svelte";
import Status from "./Status.svelte";

let shown: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
});

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
