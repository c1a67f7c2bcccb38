import { afterEach, expect, test } from "vitest";
import { finishingWords, meaningOf, standing } from "./outcome";
import { speak } from "./say.svelte";

afterEach(() => speak("en"));

test("what is still to be finished is said by its number, and counted where it is much", () => {
  speak("en");
  const words = (finishing: number[] | null, written: number[] = []) => finishingWords({ finishing, written });
  expect(words(null)).toBeNull();
  expect(words([3])).toBe("Finishing frame 3, then it stops");
  expect(words([3, 4, 5], [3])).toBe("Finishing frames 4, 5, then it stops");
  expect(words([3], [1, 2, 3])).toBe("All frames that were begun are whole; it stops");
  expect(words([1, 2, 3, 4, 5, 6, 7, 8])).toBe("Finishing 8 frames, then it stops");
});

test("a render that pauses is said to, and one that has ended is not", () => {
  speak("en");
  expect([standing({ outcome: "running", is_paused: true }), meaningOf({ outcome: "running", is_paused: true })]).toEqual(["Paused", "pause"]);
  expect([standing({ outcome: "running", is_paused: false }), meaningOf({ outcome: "running", is_paused: false })]).toEqual(["Rendering", "work"]);
  expect(standing({ outcome: "done", is_paused: true })).toBe("Done");
});
