import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drop, Drag } from "./drag.mjs";
import { until } from "./driver.mjs";
import { House, pictures, scenes } from "./house.mjs";
const house = new House();
let page;
const shot = (name) => page.picture(join(pictures, `${name}.png`));
before(async () => {
  await house.manageWindows();
  copyFileSync(join(scenes, "studio.glb"), join(house.home, "Kitchen.glb"));
  page = await house.open();
  await page.click("#purpose-render");
  await page.find("#sample");
});
after(() => house.leave());
test("one", async () => {
  const drag = await Drag.take(house, join(house.home, "Kitchen.glb"));
  await drag.to(700, 400);
  await new Promise((w) => setTimeout(w, 500));
  console.log(await page.text(".over"));
  await shot("drop-over");
  console.log("taken", await drag.letGo());
  await new Promise((w) => setTimeout(w, 2500));
  console.log(await page.text("main"), await page.text(".over"));
  await shot("drop-done");
});
