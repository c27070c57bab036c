/**
 * What the form is drawn from, and what it holds.
 *
 * @typedef {object} Param
 * @property {string} name
 * @property {"text"|"choice"|"integer"|"number"|"boolean"|"image"|"images"|"video"|"videos"|"uri"|"size"|"object"} kind
 * @property {string} label
 * @property {string} help
 * @property {string[]} choices
 * @property {string} unit
 * @property {number|null} minimum
 * @property {number|null} maximum
 *
 * @typedef {{when?: Record<string, boolean|unknown[]>}} Row  what counts under conditions, by parameter or `mode`: one of
 *   these values, or whether it is given
 *
 * @typedef {Row & {parameter: keyof Values, test: "in"|"between"|"most"|"given"|"absent"|"bytes", limits?: any[],
 *   message: string}} Rule  see `limits.py`
 *
 * A parameter of a model's own, or one that only a server or a request names. See `ExtraParam` in `model.py`.
 *
 * @typedef {object} Extra
 * @property {string} name
 * @property {"text"|"choice"|"integer"|"number"|"boolean"|"json"} kind  json: nothing is known of it
 * @property {string} [label]
 * @property {string} [help]
 * @property {string|number|boolean} [default]  what the server takes where nothing is said
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [choices]
 * @property {string} [unit]
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {boolean} listed
 * @property {string|null} retired  why it cannot be used any more
 * @property {string|null} replacement
 * @property {string} default_resolution
 * @property {string} default_aspect_ratio
 * @property {boolean} audio
 * @property {boolean} image_to_video
 * @property {boolean|null} last_frame
 * @property {number|null} prompt_tokens
 * @property {number[]} rules  by their places in the schema's list
 * @property {(Row & {usd: number})[]} rates
 * @property {(Row & {seconds?: number, fixed?: boolean})[]} lengths
 * @property {Row[]} doubts  what makes a price an estimate
 * @property {boolean} [own]  whether the user described it
 * @property {boolean} [free]  whether it costs nothing, whatever is asked for
 * @property {number} [usd_per_clip]
 * @property {string[]} [sizes]  of one that is told no ratio and no resolution
 * @property {string} [default_size]
 * @property {Extra[]} [extra]
 *
 * @typedef {object} Schema
 * @property {{name: string, label: string, emulator: boolean}} provider
 * @property {Param[]} params
 * @property {[string, (keyof Values)[]][]} modes  what is asked for, by the parameters that make it so; the first counts
 * @property {Rule[]} rules
 * @property {Model[]} models
 * @property {string} default_model  "" where a gateway has to tell
 * @property {number} image_bytes
 * @property {import("./prompt_parts.js").PartRow[]} parts  what the builder offers
 * @property {Record<string, [string, string]>} sizes  the ratio and the resolution that a size stands for
 * @property {Model} [unlisted]  of a gateway: any name that is not in `models`
 * @property {string[]} [offered]  names that the gateway lists
 * @property {Extra[]} [learned]  parameters that the server names
 *
 * Something the kernel holds for the form: an image, or a clip to start from.
 *
 * @typedef {object} Held
 * @property {string} held  its name between browser and kernel
 * @property {string} name  for people
 * @property {number} [bytes]  0 for an address
 * @property {string} [mime]
 * @property {boolean} [in_bucket]
 *
 * @typedef {object} Values
 * @property {string} [prompt]
 * @property {string} [model]
 * @property {string} [negative_prompt]
 * @property {string} [aspect_ratio]
 * @property {string} [resolution]
 * @property {number} [duration_seconds]
 * @property {number} [samples]
 * @property {number} [seed]
 * @property {string} [person_generation]
 * @property {boolean} [generate_audio]
 * @property {Held} [first_frame]
 * @property {Held} [last_frame]
 * @property {Held[]} [reference_images]
 * @property {Held} [extend_from]
 * @property {Held[]} [reference_videos]
 * @property {Held} [edit_from]
 * @property {Held} [remix_from]
 * @property {Held} [upscale_from]
 * @property {string} [storage_uri]
 * @property {string} [size]
 * @property {Record<string, unknown>} [extra]
 * @property {boolean} [allow_retired]
 *
 * @typedef {{parameter: string, message: string, allowed?: (string|number|boolean)[], needed?: boolean}} Problem
 *
 * @typedef {object} Draft
 * @property {Values} values
 * @property {number} at  when it was last changed, epoch milliseconds
 * @property {string} by  which page changed it; "" for Python
 * @property {boolean} locked  whether the seed stays after a clip was sent off
 * @property {Values} given  what the cell itself says
 *
 * @typedef {{left: number|null, text: string}} Purse  US dollars that may still be spent; null without a limit
 */
export {};
