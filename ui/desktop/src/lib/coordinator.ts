// A coordinator's address that came as a link: whether it is one, and what is done with it once the person agrees.
import { choose, desk } from "./desk.svelte";
import { isOn } from "./earn";

/** tessera://HOST:PORT#KEY, with brackets around an IPv6 host and a key of 64 hexadecimal digits. */
const ADDRESS = /^tessera:\/\/(\[[0-9A-Za-z:.%]+\]|[0-9A-Za-z._%-]+):(\d{1,5})#[0-9a-fA-F]{64}$/;
const PORT_MAX = 65535;

export function isAddress(link: string): boolean {
  const found = ADDRESS.exec(link.trim());
  return found !== null && Number(found[2]) <= PORT_MAX;
}

/** Host and port: all of an address that people compare by eye. */
export function placeOf(link: string): string {
  return link.trim().replace(/^tessera:\/\//, "").split("#")[0] ?? "";
}

/** Uses it for rendering, and for earning unless this computer earns: whom it works for is fixed until that ends. */
export async function useCoordinator(link: string): Promise<void> {
  const isFixed = isOn(desk.scenery?.earning);
  await choose(isFixed ? { coordinator: link } : { coordinator: link, earn_coordinator: link });
  if (desk.failures.length > 0) return;
  if (desk.stage.kind === "form") desk.stage.order.coordinator = link;
  desk.notice = { key: isFixed ? "link.used.render" : "link.used", place: placeOf(link) };
}
