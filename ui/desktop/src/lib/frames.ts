// The frames of a render as a wall shows them: which there are, how they stand, and a small picture of each.
import { invoke } from "@tauri-apps/api/core";
import type { Card } from "./bindings";

export type FrameState = "written" | "growing" | "queued";
export interface Frame {
  /** Its number; nothing while nobody has begun it, for a wall is not told which ones are to come. */
  number: number | null;
  state: FrameState;
}

/** The frames of a render by number, those that are still to come at the end. */
export function framesOf(card: Pick<Card, "begun" | "written" | "frames">): Frame[] {
  const written = new Set(card.written);
  const known = [...new Set([...card.written, ...card.begun])].sort((a, b) => a - b);
  const shown: Frame[] = known.map((number) => ({ number, state: written.has(number) ? "written" : "growing" }));
  while (shown.length < card.frames) shown.push({ number: null, state: "queued" });
  return shown;
}

/** What of a list of rows is drawn: those in view and one beyond each end. */
export function inView(top: number, height: number, rowHeight: number, rows: number): { first: number; last: number } {
  const first = Math.max(0, Math.floor(top / rowHeight) - 1);
  const last = Math.min(rows, Math.ceil((top + height) / rowHeight) + 1);
  return { first: Math.min(first, last), last };
}

export interface Small {
  version: number;
  /** Nothing when it is the one that is known. */
  picture: ImageData | null;
}

const HEAD_BYTES = 12;

/** Reads a small picture; nothing where there is none. `app::desk::Renders::frame_picture` and `Desk::looked_at` write the format. */
export function readSmall(buffer: ArrayBuffer): Small | null {
  if (buffer.byteLength < 4) return null;
  const view = new DataView(buffer);
  const version = view.getUint32(0, true);
  if (buffer.byteLength < HEAD_BYTES) return { version, picture: null };
  const [width, height] = [view.getUint32(4, true), view.getUint32(8, true)];
  const rgba = new Uint8ClampedArray(buffer, HEAD_BYTES, width * height * 4);
  return { version, picture: new ImageData(rgba, width, height) };
}

/** Questions that are under way at once; the others wait, and are not asked when nobody wants to know any more. */
const ASKED_MAX = 2;
let asked = 0;
const waiting: (() => void)[] = [];

/** A frame's small picture, unless it is not wanted by the time it could be asked for. */
export async function frameSmall(id: string, frame: number, known: number, isWanted: () => boolean): Promise<Small | null> {
  if (asked >= ASKED_MAX) await new Promise<void>((wake) => waiting.push(wake));
  asked += 1;
  try {
    if (!isWanted()) return null;
    return readSmall(await invoke<ArrayBuffer>("frame_picture", { id, frame, known }));
  } catch {
    return null;
  } finally {
    asked -= 1;
    waiting.shift()?.();
  }
}
