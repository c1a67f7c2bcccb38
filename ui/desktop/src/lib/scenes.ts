// What a scene is called. The program itself looks into the file (`app::desk::Offered`).

/** Whether a file is called like a scene. */
export function isScene(path: string): boolean {
  return /\.gl(b|tf)$/i.test(path);
}
