/**
 * @param {string} text
 * @returns {Promise<boolean>} whether it is on the clipboard; some hosts lend it to nobody
 */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
