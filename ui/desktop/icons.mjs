// Draws Tessera's icons from one description and writes them as SVG and PNG into assets/icons: `npm run icons`, at development time.
import { writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";

const folder = new URL("../../assets/icons/", import.meta.url);
const [ground, stone, gold, terracotta] = ["#17181B", "#ECEAE4", "#E3B341", "#F0805A"];
const places = [[10, 10], [34, 10], [10, 34], [34, 34]];
/** In the tray every edge lies between two pixels of the smallest panels, which show 16 by 16: a quarter of what is drawn here. */
const trayPlaces = [[8, 8], [36, 8], [8, 36], [36, 36]];

const tile = (index, { fill = stone, turn = 0, outline = false, dashed = false, at = trayPlaces } = {}) => {
  const [x, y] = at[index];
  const paint = outline
    ? `fill="none" stroke="${fill}" stroke-width="4"${dashed ? ' stroke-dasharray="7 5"' : ""}`
    : `fill="${fill}"`;
  const inset = outline ? 2 : 0;
  const size = 20 - 2 * inset;
  const turned = turn === 0 ? "" : ` transform="rotate(${turn} ${x + 10} ${y + 10})"`;
  return `<rect x="${x + inset}" y="${y + inset}" width="${size}" height="${size}" rx="4.5" ${paint}${turned}/>`;
};
const tiles = (...ways) => ways.map((way, index) => tile(index, way)).join("");
const lit = { fill: gold, turn: 8 };
const empty = { outline: true };
const broken = { outline: true, dashed: true };
const quarter = (count) => tiles(...[0, 1, 2, 3].map((index) => (index < count ? { fill: gold } : empty)));

const drawings = {
  tessera: tiles({ at: places }, { ...lit, at: places }, { fill: "#C9C6BD", at: places }, { fill: "#DEDBD2", at: places }),
  "tray-off": tiles(empty, empty, empty, empty),
  "tray-ready": tiles({}, {}, {}, {}),
  "tray-earning": tiles({}, lit, {}, {}),
  "tray-quarter-1": quarter(1),
  "tray-quarter-2": quarter(2),
  "tray-quarter-3": quarter(3),
  "tray-quarter-4": quarter(4),
  "tray-offline": tiles(broken, broken, broken, broken),
  "tray-paused": `<rect x="16" y="12" width="12" height="40" rx="4" fill="${stone}"/><rect x="36" y="12" width="12" height="40" rx="4" fill="${stone}"/>`,
  "tray-attention": `<rect x="24" y="8" width="16" height="28" rx="5" fill="${terracotta}"/><circle cx="32" cy="48" r="8" fill="${terracotta}"/>`,
};

const png = (svg, size) => new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng();

/** Windows: a table of pictures, then the pictures. */
function ico(svg) {
  const pictures = [16, 24, 32, 48, 64, 256].map((size) => [size, png(svg, size)]);
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let at = head.length;
  pictures.forEach(([size, bytes], index) => {
    const row = 6 + 16 * index;
    // A byte for each side, in which 256 is 0; one plane, 32 bits a pixel.
    head.writeUInt8(size % 256, row);
    head.writeUInt8(size % 256, row + 1);
    head.writeUInt16LE(1, row + 4);
    head.writeUInt16LE(32, row + 6);
    head.writeUInt32LE(bytes.length, row + 8);
    head.writeUInt32LE(at, row + 12);
    at += bytes.length;
  });
  return Buffer.concat([head, ...pictures.map(([, bytes]) => bytes)]);
}

/** macOS: each picture behind its kind and length. */
function icns(svg) {
  const kinds = [["icp4", 16], ["icp5", 32], ["ic11", 32], ["ic12", 64], ["ic07", 128], ["ic13", 256], ["ic08", 256], ["ic14", 512], ["ic09", 512], ["ic10", 1024]];
  const part = (kind, bytes) => {
    const head = Buffer.alloc(8);
    head.write(kind, "latin1");
    head.writeUInt32BE(bytes.length + 8, 4);
    return Buffer.concat([head, bytes]);
  };
  return part("icns", Buffer.concat(kinds.map(([kind, size]) => part(kind, png(svg, size)))));
}

for (const [name, drawing] of Object.entries(drawings)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">\n  <rect width="64" height="64" rx="14" fill="${ground}"/>\n  ${drawing}\n</svg>\n`;
  if (name === "tessera") {
    writeFileSync(new URL(`${name}.svg`, folder), svg);
    writeFileSync(new URL(`${name}.ico`, folder), ico(svg));
    writeFileSync(new URL(`${name}.icns`, folder), icns(svg));
  }
  for (const size of name === "tessera" ? [32, 128, 512] : [64]) {
    const file = name === "tessera" ? `${name}-${size}.png` : `${name}.png`;
    writeFileSync(new URL(file, folder), png(svg, size));
  }
}
