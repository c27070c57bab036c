/** How often to look whether there is something to draw, and the pause between two looks: five seconds in all. */
const LOOKS = 100;
const PAUSE_MS = 50;

/**
 * What an element shows, on a canvas of this size.
 *
 * @param {HTMLVideoElement} video
 * @param {number} width
 * @param {number} height
 * @param {boolean} [alpha]  whether it stays transparent where there was nothing to draw
 */
export function drawn(video, width, height, alpha = false) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { alpha })?.drawImage(video, 0, 0, width, height);
  return canvas;
}

/**
 * Wait until there is something to draw: WebKit says that it has loaded, or sought, before there is.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<boolean>} whether there is
 */
export async function canDraw(video) {
  for (let look = 0; look < LOOKS; look++) {
    if (drawn(video, 1, 1, true).getContext("2d")?.getImageData(0, 0, 1, 1).data[3]) return true;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return false;
}
