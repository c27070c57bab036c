/**
 * About how many tokens a text is. The service counts by itself; this is to see the limit coming.
 *
 * @param {string} text
 */
export function tokensIn(text) {
  const dense = text.match(/[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/g)?.length ?? 0;
  const words = text.split(/\s+/).filter(Boolean).length;
  return dense + Math.ceil(Math.max((text.length - dense) / 4, words * 1.2));
}
