import { expect, test } from "vitest";
import { numbered } from "./sequence";

test("a chosen name gets a place for the number where frames need one, and loses it for a still", () => {
  expect(numbered("/p/My.shot.exr", true)).toBe("/p/My.shot.####.exr");
  expect(numbered("/p/My.shot.####.exr", true)).toBe("/p/My.shot.####.exr");
  expect(numbered("/p/My.shot.####.exr", false)).toBe("/p/My.shot.exr");
  expect(numbered("C:\\a.b\\shot", true)).toBe("C:\\a.b\\shot.####");
  expect(numbered("/p.####/still.exr", true)).toBe("/p.####/still.####.exr");
  expect(numbered("still.exr", false)).toBe("still.exr");
});
