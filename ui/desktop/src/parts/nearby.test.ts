import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import { speak } from "../lib/say.svelte";
import type { Nearby as Answer } from "../lib/bindings";
import Nearby from "./Nearby.svelte";

const found = { name: "Edit suite", place: "10.0.0.4:7411", code: "482 193 551 204 773 006", address: "tessera://10.0.0.4:7411#aa", is_known: false };
let shown: ReturnType<typeof mount> | undefined;
afterEach(() => {
  if (shown) void unmount(shown);
  document.body.innerHTML = "";
  clearMocks();
});

/** The part after one look, with what it did with an address. */
async function looked(answer: Partial<Answer> | { what: string; advice: string; exit: number }) {
  speak("en");
  mockIPC(() => {
    if ("what" in answer) throw answer;
    return { coordinators: [], silent: [], left_out: 0, ...answer };
  });
  const use = vi.fn();
  shown = mount(Nearby, { target: document.body, props: { use } });
  press("Look on this network");
  expect(document.querySelector("[role=status]")?.textContent).toContain("Looking for coordinators");
  await vi.waitFor(() => expect(document.body.textContent).toContain("Look again"));
  return use;
}
function press(name: string) {
  const button = [...document.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent?.trim()) === name);
  if (button === undefined) throw new Error(`no button ${name}`);
  button.click();
  flushSync();
}

test("an address is used only after the person said that the codes are the same", async () => {
  const use = await looked({ coordinators: [found] });
  press("Use Edit suite");
  expect(document.querySelector("dialog")?.textContent).toContain("482 193 551 204 773 006");
  expect(use).not.toHaveBeenCalled();
  press("The codes differ");
  await tick();
  expect([document.querySelector("dialog"), use.mock.calls.length]).toEqual([null, 0]);
  press("Use Edit suite");
  press("The codes are the same");
  expect(use).toHaveBeenCalledExactlyOnceWith(found.address);
});

test("a coordinator whose key is known is used at once", async () => {
  const use = await looked({ coordinators: [{ ...found, is_known: true }] });
  press("Use Edit suite");
  expect(use).toHaveBeenCalledExactlyOnceWith(found.address);
});

test("nobody, the silent and what makes no sense are said", async () => {
  await looked({ silent: ["\"B\" announces itself: nobody answers"], left_out: 2 });
  const text = document.body.textContent;
  for (const part of ["No coordinator", "nobody answers", "2 announcements"]) expect(text).toContain(part);
});

test("a network that is not there is told with what to do", async () => {
  await looked({ exit: 4, what: "this computer is on no network", advice: "check its cable" });
  expect(document.querySelector("[role=alert]")?.textContent).toContain("Check its cable");
});
