// Draws Tessera's icons from one description and writes them as SVG and PNG into assets/icons: `npm run icons`, at development time.
import { writeFileSync } from "node:fs";
import { Resvg } from "@resvg/resvg-js";

const folder = new URL("../../assets/icons/", import.meta.url);
const [ground, stone, gold, terracotta] = ["#17181B", "#ECEAE4", "#E3B341", "#F0805A"];
const places = [[10, 10], [34, 10], [10, 34], [34, 34]];

const tile = (index, { fill = stone, turn = 0, outline = false, dashed = false } = {}) => {
  const [x, y] = places[index];
  const paint = outline
    ? `fill="none" stroke="${fill}" stroke-width="3.5"${dashed ? ' stroke-dasharray="7 5"' : ""}`
    : `fill="${fill}"`;
  const inset = outline ? 1.75 : 0;
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
  tessera: tiles({}, lit, { fill: "#C9C6BD" }, { fill: "#DEDBD2" }),
  "tray-off": tiles(empty, empty, empty, empty),
  "tray-ready": tiles({}, {}, {}, {}),
  "tray-earning": tiles({}, lit, {}, {}),
  "tray-quarter-1": quarter(1),
  "tray-quarter-2": quarter(2),
  "tray-quarter-3": quarter(3),
  "tray-quarter-4": quarter(4),
  "tray-offline": tiles(broken, broken, broken, broken),
  "tray-paused": `<rect x="15" y="12" width="12" height="40" rx="4" fill="${stone}"/><rect x="37" y="12" width="12" height="40" rx="4" fill="${stone}"/>`,
  "tray-attention": `<rect x="26" y="10" width="12" height="28" rx="5" fill="${terracotta}"/><circle cx="32" cy="48" r="7" fill="${terracotta}"/>`,
};

for (const [name, drawing] of Object.entries(drawings)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">\n  <rect width="64" height="64" rx="14" fill="${ground}"/>\n  ${drawing}\n</svg>\n`;
  if (name === "tessera") writeFileSync(new URL(`${name}.svg`, folder), svg);
  for (const size of name === "tessera" ? [32, 128, 512] : [44]) {
    const file = name === "tessera" ? `${name}-${size}.png` : `${name}.png`;
    writeFileSync(new URL(file, folder), new Resvg(svg, { fitTo: { mode: "width", value: size } }).render().asPng());
  }
}
