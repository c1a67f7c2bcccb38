// What a scene is called, and what the light around it. The program itself looks into the file (`app::desk::Offered`).

/** Whether a file is called like a scene. */
export function isScene(path: string): boolean {
  return /\.gl(b|tf)$/i.test(path);
}

/** Whether a file is called like a picture of the light around a scene. */
export function isLight(path: string): boolean {
  return /\.(hdr|exr)$/i.test(path);
}
