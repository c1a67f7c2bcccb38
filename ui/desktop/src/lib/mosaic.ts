// The growing picture: reads what the desk sends and keeps it on a canvas. `app::desk::Mosaic::packet` writes the format.

/** How far a tile is; the numbers are the desk's. */
export const Tile = { queued: 0, inFlight: 1, noisy: 2, denoised: 3, done: 4 } as const;

export interface Packet {
  version: number;
  width: number;
  height: number;
  columns: number;
  /** Tile edge in kept pixels. */
  edge: number;
  tiles: Uint8Array;
  rects: { x: number; y: number; width: number; height: number; rgba: Uint8ClampedArray<ArrayBuffer> }[];
}

const HEAD_BYTES = 28;

/** Reads a packet; nothing while there is no picture. */
export function read(buffer: ArrayBuffer): Packet | null {
  if (buffer.byteLength < HEAD_BYTES) return null;
  const view = new DataView(buffer);
  const at = (index: number) => view.getUint32(index * 4, true);
  const [version, width, height, columns, edge, tileCount, rectCount] = [0, 1, 2, 3, 4, 5, 6].map(at) as [
    number, number, number, number, number, number, number,
  ];
  const tiles = new Uint8Array(buffer, HEAD_BYTES, tileCount);
  const rects: Packet["rects"] = [];
  let offset = HEAD_BYTES + tileCount;
  for (let index = 0; index < rectCount; index += 1) {
    const [x, y, columnsHere, rows] = [0, 4, 8, 12].map((step) => view.getUint32(offset + step, true)) as [
      number, number, number, number,
    ];
    const length = columnsHere * rows * 4;
    const rgba = new Uint8ClampedArray(buffer.slice(offset + 16, offset + 16 + length));
    rects.push({ x, y, width: columnsHere, height: rows, rgba });
    offset += 16 + length;
  }
  return { version, width, height, columns, edge: edge / 256, tiles, rects };
}

/** Puts what changed on a canvas, which takes the picture's size. */
export function paint(canvas: HTMLCanvasElement, packet: Packet): void {
  if (canvas.width !== packet.width || canvas.height !== packet.height) {
    canvas.width = packet.width;
    canvas.height = packet.height;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  for (const { x, y, width, height, rgba } of packet.rects) {
    context.putImageData(new ImageData(rgba, width, height), x, y);
  }
}

/** Draws the tiles' states over the picture: each state has its own shape beside its colour. On a render that rests, nobody works. */
export function outline(canvas: HTMLCanvasElement, packet: Packet, scale: number, isRunning: boolean): void {
  canvas.width = Math.max(1, Math.round(packet.width * scale));
  canvas.height = Math.max(1, Math.round(packet.height * scale));
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim() || "#888";
  packet.tiles.forEach((state, index) => {
    const x = (index % packet.columns) * packet.edge * scale;
    const y = Math.floor(index / packet.columns) * packet.edge * scale;
    const width = Math.min(packet.edge * scale, canvas.width - x);
    const height = Math.min(packet.edge * scale, canvas.height - y);
    if (state === Tile.queued) {
      context.fillStyle = colour("--tile");
      context.beginPath();
      context.roundRect(x + 2, y + 2, Math.max(0, width - 4), Math.max(0, height - 4), 4);
      context.fill();
    } else if (state === Tile.inFlight && isRunning) {
      corners(context, x + 3, y + 3, width - 6, height - 6, colour("--smalt"));
    }
  });
}

/** Four corners, as a viewfinder has: somebody works here. */
function corners(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, colour: string) {
  const arm = Math.max(3, Math.min(14, Math.min(width, height) / 3));
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  for (const [cornerX, cornerY, toX, toY] of [
    [x, y, 1, 1],
    [x + width, y, -1, 1],
    [x, y + height, 1, -1],
    [x + width, y + height, -1, -1],
  ] as const) {
    context.moveTo(cornerX + arm * toX, cornerY);
    context.lineTo(cornerX, cornerY);
    context.lineTo(cornerX, cornerY + arm * toY);
  }
  context.stroke();
}
