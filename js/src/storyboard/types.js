/**
 * What the board of a film is sent.
 *
 * @import { Clip, Price, Progress, Wire } from "../kernel/types.js"
 *
 * @typedef {{name: string, label: string, text: string, plain: boolean}} Setting  plain: the text is all of the value
 *
 * @typedef {object} Take
 * @property {number} take  its number, which its clip and its job have too
 * @property {string} prompt
 * @property {Setting[]} settings
 * @property {Price} price
 * @property {boolean} due  it is to be made and is not chosen
 * @property {string} problem
 *
 * @typedef {object} Shot
 * @property {string} id
 * @property {number} shot
 * @property {string} prompt  as it was written
 * @property {string} begins
 * @property {number} start
 * @property {number|null} end
 * @property {number} fade
 * @property {number} dip
 * @property {[string, number, number|null][]} captions  words, and from when to when; null: to the clip's end
 * @property {number} seconds
 * @property {number[]} lengths  that can be chosen from
 * @property {Setting[]} settings  of its own
 * @property {number} width
 * @property {number} height
 * @property {string} state  in words
 * @property {boolean} due
 * @property {Price} price
 * @property {string} problem
 * @property {number} chosen  the number of the take
 * @property {Take[]} takes
 *
 * @typedef {object} TitleCard
 * @property {string} id
 * @property {string} text
 * @property {number} seconds
 * @property {string} background  #rrggbb
 * @property {string} ink
 * @property {number} fade
 * @property {number} dip
 *
 * @typedef {Shot|TitleCard} Part
 * @typedef {Clip & {facts: NonNullable<Clip["facts"]>}} TakeClip
 * @typedef {{again: boolean, text: string, price: string, usd: number|null, note: string|null}} Offer  what a press makes
 * @typedef {{offers: Offer[], remarks: string[], running: {text: string, share: number|null}|null, undo: boolean,
 *   recall: boolean}} Standing
 * @typedef {{settings: Setting[], texts: Record<string, string>}} Shared
 * @typedef {{title: string, parts: Part[], jobs: Record<string, Progress>, clips: Record<string, TakeClip>, shared: Shared,
 *   standing: Standing, saved_class: string}} BoardTraits
 *
 * @typedef {Wire & {get: (name: any) => any}} Model
 * @typedef {(part: string, edit: Record<string, unknown>, done?: (ok: boolean) => void) => void} Edit  part: where it is
 *   said if it is refused
 */
export {};
