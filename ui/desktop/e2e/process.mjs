// What Linux tells about running programs: processor time, memory, and connections.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const quietly = (read, otherwise) => {
  try {
    return read();
  } catch {
    return otherwise; // It has just ended.
  }
};

/** Processor time so far and memory of their own, of some processes together. */
export function spent(pids) {
  const ticks = (pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
    return Number(fields[11]) + Number(fields[12]);
  };
  const kib = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1"))?.[1] ?? 0);
  const sum = (of) => pids.reduce((all, pid) => all + quietly(() => of(pid), 0), 0);
  return { cpu_s: sum(ticks) / 100, mb: (sum(kib) * 1024) / 1e6 };
}

/** Remote ends of their connections that are not this computer. */
export function peers(pids) {
  const sockets = new Set(pids.flatMap((pid) => quietly(() => readdirSync(`/proc/${pid}/fd`).map((fd) => quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`), "")), [])));
  const found = [];
  for (const kind of ["tcp", "tcp6", "udp", "udp6"]) {
    for (const line of quietly(() => readFileSync(`/proc/net/${kind}`, "latin1"), "").split("\n").slice(1)) {
      const [, , remote, , , , , , , inode] = line.trim().split(/\s+/);
      if (inode === undefined || !sockets.has(`socket:[${inode}]`)) continue;
      const address = remote.split(":")[0];
      // Nobody yet, 127.x.x.x, ::1, and ::ffff:127.x.x.x, in the kernel's byte order.
      const isHere = /^(0+|.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$/.test(address);
      if (!isHere) found.push(`${kind} ${remote}`);
    }
  }
  return found;
}
