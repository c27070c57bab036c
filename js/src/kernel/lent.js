/**
 * Stands for Preact in code that another widget loads: the build puts it in Preact's place (see `build.mjs`). Two copies
 * of Preact cannot draw into each other.
 */
/** @type {any} */
export let Fragment;
/** @type {any} */
export let h;
/** @type {any} */
export let useEffect;
/** @type {any} */
export let useRef;
/** @type {any} */
export let useState;

/** @param {Record<"Fragment"|"h"|"useEffect"|"useRef"|"useState", unknown>} preact */
export function lend(preact) {
  ({ Fragment, h, useEffect, useRef, useState } = preact);
}
