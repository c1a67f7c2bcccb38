import { mount, unmount } from "svelte";
import { afterEach, expect, test } from "vitest";
import type { Card } from "../../lib/bindings";
import { speak } from "../../lib/say.svelte";
import Marks from "./Marks.svelte";

let shown: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
});

const frames = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
function marks(all: number, begun: number, written: number) {
  speak("en");
  shown = mount(Marks, { target: document.body, props: { card: { frames: all, begun: frames(begun), written: frames(written) } as Card } });
  return [...document.querySelectorAll("i")].map((mark) => mark.className.split(" ").find((name) => ["written", "growing", "queued"].includes(name)));
}

test("a short film has a mark for each frame", () => {
  expect(marks(4, 3, 2)).toEqual(["written", "written", "growing", "queued"]);
  expect(document.querySelector("[role=img]")?.getAttribute("aria-label")).toBe("2 of 4 frames");
});

test("a quarter of a long film does not look finished", () => {
  expect(marks(1000, 251, 250)).toEqual([]);
  expect(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow")).toBe("25");
  expect(document.body.textContent).toContain("250 of 1,000 frames");
});
