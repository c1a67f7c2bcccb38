import { expect, test, vi } from "vitest";

const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));
import { frameSmall, framesOf, inView, readSmall } from "./frames";

test("frames stand by their numbers, however they came, and what is to come stands last", () => {
  const frames = framesOf({ begun: [7, 2, 9], written: [7, 2], frames: 5 });
  expect(frames.map((frame) => frame.number)).toEqual([2, 7, 9, null, null]);
  expect(frames.map((frame) => frame.state)).toEqual(["written", "written", "growing", "queued", "queued"]);
  expect(framesOf({ begun: [], written: [3], frames: 0 })).toHaveLength(1);
});

test("of a thousand frames only what is in view is drawn", () => {
  expect(inView(0, 112, 56, 500)).toEqual({ first: 0, last: 3 });
  expect(inView(56 * 100 + 10, 112, 56, 500)).toEqual({ first: 99, last: 104 });
  expect(inView(56 * 499, 112, 56, 500)).toEqual({ first: 498, last: 500 });
  expect(inView(9999, 112, 56, 3)).toEqual({ first: 3, last: 3 });
});

test("a picture that is known is told by its version alone", () => {
  const bytes = (...numbers: number[]) => new Uint32Array(numbers).buffer;
  expect(readSmall(new ArrayBuffer(0))).toBeNull();
  expect(readSmall(bytes(7))).toEqual({ version: 7, picture: null });
});

test("few questions are under way at once, and what nobody wants any more is not asked", async () => {
  const answers: (() => void)[] = [];
  invoke.mockImplementation(() => new Promise((answer) => answers.push(() => answer(new ArrayBuffer(0)))));
  let wanted = true;
  const all = [1, 2, 3, 4].map((frame) => frameSmall("r1", frame, 0, () => frame < 3 || wanted));
  await Promise.resolve();
  expect(invoke).toHaveBeenCalledTimes(2);
  wanted = false;
  answers.forEach((answer) => answer());
  expect(await Promise.all(all)).toEqual([null, null, null, null]);
  expect(invoke).toHaveBeenCalledTimes(2);
});
