import { expect, test } from "vitest";
import { read, Tile } from "./mosaic";

/** A packet as the desk writes it. */
function packet(tiles: number[], rects: [number, number, number, number][]): ArrayBuffer {
  const pixels = rects.reduce((sum, [, , width, height]) => sum + 16 + width * height * 4, 0);
  const buffer = new ArrayBuffer(28 + tiles.length + pixels);
  const view = new DataView(buffer);
  [9, 32, 16, 2, 16 * 256, tiles.length, rects.length].forEach((value, index) => view.setUint32(index * 4, value, true));
  new Uint8Array(buffer, 28).set(tiles);
  let offset = 28 + tiles.length;
  for (const rect of rects) {
    rect.forEach((value, index) => view.setUint32(offset + index * 4, value, true));
    new Uint8Array(buffer, offset + 16, rect[2] * rect[3] * 4).fill(rect[0]);
    offset += 16 + rect[2] * rect[3] * 4;
  }
  return buffer;
}

test("tiles and rectangles are read, at whatever offset the tiles leave them", () => {
  const found = read(packet([0, 1, 3], [[16, 0, 2, 3], [7, 1, 1, 1]]));
  expect(found).toMatchObject({ version: 9, width: 32, height: 16, columns: 2, edge: 16 });
  expect([...(found?.tiles ?? [])]).toEqual([Tile.queued, Tile.inFlight, Tile.denoised]);
  expect(found?.rects.map(({ x, y, width, height, rgba }) => [x, y, width, height, rgba.length, rgba[0]])).toEqual([
    [16, 0, 2, 3, 24, 16],
    [7, 1, 1, 1, 4, 7],
  ]);
});

test("no picture yet is nothing", () => {
  expect(read(new ArrayBuffer(0))).toBeNull();
});
