/**
 * What a module exports by default, from the module's text.
 *
 * @param {string} code
 * @returns {Promise<any>}
 */
export function programOf(code) {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  return import(url).then((found) => found.default).finally(() => URL.revokeObjectURL(url));
}
