/**
 * The cast on the board, whose code is asked of the kernel: most films have none.
 *
 * @import { Character } from "../ui/cast.jsx"
 * @import { Model } from "./types.js"
 */
import { Fragment, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useProgram } from "../kernel/hooks.js";

/** @param {{wire: Model, cast: Character[]}} props */
export function LentCast({ wire, cast }) {
  const Shown = useProgram(wire, "panels")?.({ Fragment, h, useEffect, useRef, useState });
  return <div class="veo-board-cast">{Shown && <Shown cast={cast} />}</div>;
}
