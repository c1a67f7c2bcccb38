// How smoothly the page draws while a large scene is read, hashed and sealed. Not a test: it takes minutes and a few GiB.
//
//     dbus-run-session -- xvfb-run -a -s "-screen 0 1920x1080x24" node ui/desktop/e2e/frames.bench.mjs [MIB]
//
// The scene is a wall of squares with textures of noise, which no compression makes smaller.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { until } from "./driver.mjs";
import { House, tessera } from "./house.mjs";

const EDGE = 2048;
const MIB = Number(process.argv[2] ?? 1024);
const count = Math.max(1, Math.round(MIB / ((EDGE * EDGE * 4) / 1048576)));

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
function chunk(kind, body) {
  const all = Buffer.alloc(body.length + 12);
  all.writeUInt32BE(body.length, 0);
  all.write(kind, 4, "latin1");
  body.copy(all, 8);
  all.writeUInt32BE(crc32(all.subarray(4, body.length + 8)), body.length + 8);
  return all;
}
/** Bytes that look like chance and are the same every time. */
function noise(length, seed) {
  const out = Buffer.alloc(length);
  for (let at = 0, turn = 0; at < length; at += 64, turn++) createHash("sha512").update(`${seed} ${turn}`).digest().copy(out, at);
  return out;
}
function png(seed) {
  const row = EDGE * 4;
  const [pixels, body] = [noise(EDGE * row, seed), Buffer.alloc(EDGE * (row + 1))];
  for (let y = 0; y < EDGE; y++) pixels.copy(body, y * (row + 1) + 1, y * row, (y + 1) * row);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(EDGE, 0);
  head.writeUInt32BE(EDGE, 4);
  head.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(body, { level: 0 })), chunk("IEND", Buffer.alloc(0))]);
}

/** Writes the scene; gives its path. */
function wall(folder) {
  mkdirSync(folder);
  const square = new Float32Array([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1]);
  writeFileSync(join(folder, "square.bin"), Buffer.concat([Buffer.from(square.buffer), Buffer.from(new Uint16Array([0, 1, 2, 0, 2, 3]).buffer)]));
  const each = Array.from({ length: count }, (_, at) => at);
  for (const at of each) writeFileSync(join(folder, `${at}.png`), png(at));
  const columns = Math.ceil(Math.sqrt(count));
  const gltf = {
    asset: { version: "2.0" },
    scene: 0,
    scenes: [{ nodes: [...each, count] }],
    nodes: [...each.map((at) => ({ mesh: at, translation: [at % columns, Math.floor(at / columns), 0] })), { camera: 0, translation: [columns / 2, columns / 2, columns * 1.5] }],
    cameras: [{ type: "perspective", perspective: { yfov: 0.8, znear: 0.1, aspectRatio: 1 } }],
    meshes: each.map((at) => ({ primitives: [{ attributes: { POSITION: 0, TEXCOORD_0: 1 }, indices: 2, material: at }] })),
    materials: each.map((at) => ({ pbrMetallicRoughness: { baseColorTexture: { index: at }, metallicFactor: 0 } })),
    textures: each.map((at) => ({ source: at })),
    images: each.map((at) => ({ uri: `${at}.png` })),
    accessors: [
      { bufferView: 0, componentType: 5126, count: 4, type: "VEC3", min: [0, 0, 0], max: [1, 1, 0] },
      { bufferView: 1, componentType: 5126, count: 4, type: "VEC2" },
      { bufferView: 2, componentType: 5123, count: 6, type: "SCALAR" },
    ],
    bufferViews: [
      { buffer: 0, byteOffset: 0, byteLength: 48 },
      { buffer: 0, byteOffset: 48, byteLength: 32 },
      { buffer: 0, byteOffset: 80, byteLength: 12 },
    ],
    buffers: [{ uri: "square.bin", byteLength: 92 }],
  };
  writeFileSync(join(folder, "wall.gltf"), JSON.stringify(gltf));
  return join(folder, "wall.gltf");
}

/** Begins to note the time between two frames. */
const record = `() => {
  window.frameTimes = [];
  let last = performance.now();
  const note = (now) => { window.frameTimes.push(now - last); last = now; requestAnimationFrame(note); };
  requestAnimationFrame(note);
}`;
const taken = "() => { const all = window.frameTimes; window.frameTimes = []; return all; }";

function say(phase, times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(1);
  const late = times.filter((time) => time > 33).length;
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  let passed = 0;
  const when = times.flatMap((time) => ((passed += time), time > 33 ? [`${(passed / 1000).toFixed(1)} s: ${time.toFixed(0)}`] : []));
  console.log(`${phase}: ${seconds.toFixed(1)} s, ${times.length} frames, median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, longest ${at(1)} ms; ${late} over 33 ms${when.length > 0 && when.length <= 20 ? ` (at ${when.join(", ")})` : ""}`);
}

const house = new House();
try {
  const scene = wall(join(house.home, "wall"));
  console.log(`${count} textures of ${EDGE} x ${EDGE}: ${((count * EDGE * EDGE * 4) / 1e9).toFixed(2)} GB`);
  // It stands for one on another machine, and takes from this one what the window and its work leave.
  const coordinator = house.beginAs(["nice", "-n", "15", tessera, "coordinator", "--listen", "127.0.0.1:0", "--data", join(house.home, "coordinator")]);
  const address = await until(() => /^tessera:\/\/\S+/m.exec(coordinator.said)?.[0], 20_000, "the coordinator tells its address");
  const page = await house.open();
  await page.click("#purpose-render");
  await page.find("#sample");
  await page.run(record);
  await new Promise((wake) => setTimeout(wake, 5000));
  say("at rest", await page.run(taken));
  house.second(scene);
  await page.find("#found dl", 600_000);
  say("pre-flight", await page.run(taken));
  await page.click("#place-network");
  await page.fill("#coordinator", address);
  await page.click("#quality-draft");
  await page.fill("#width", "64");
  await page.click("#start");
  await page.find("#stop");
  await page.run(taken);
  const began = Date.now();
  // Nobody renders: the job is handed in when everything is sealed and sent. Asking starts a program, which would itself cost frames if it were done all the time.
  const isHandedIn = async () => {
    await new Promise((wake) => setTimeout(wake, 2_000));
    const asked = house.beginAs(["nice", "-n", "15", tessera, "--json", "jobs"]);
    await once(asked, "close");
    return asked.said.includes('"open"');
  };
  await until(isHandedIn, 1_800_000, "the job is handed in");
  say(`read, hashed, sealed and sent in ${((Date.now() - began) / 1000).toFixed(0)} s`, await page.run(taken));
} finally {
  await house.leave();
}
