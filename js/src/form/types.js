/**
 * What the form is drawn from, and what it holds.
 *
 * @typedef {object} Param
 * @property {string} name
 * @property {"text"|"choice"|"integer"|"number"|"boolean"|"image"|"images"|"video"|"videos"|"uri"} kind
 * @property {string} label
 * @property {string} help
 * @property {string[]} choices
 * @property {string} unit
 * @property {number|null} minimum
 * @property {number|null} maximum
 *
 * @typedef {object} Model
 * @property {string} id
 * @property {string} surface
 * @property {string} api
 * @property {boolean} listed
 * @property {string|null} retired  why it cannot be used any more
 * @property {string|null} replacement
 * @property {Record<string, string>} uncarried  by parameter, why it cannot be sent at all
 * @property {number} max_samples
 * @property {number[]} durations_s
 * @property {boolean} durations_continuous
 * @property {number} default_duration_s
 * @property {string[]} resolutions
 * @property {string} default_resolution
 * @property {string[]} aspect_ratios
 * @property {string} default_aspect_ratio
 * @property {boolean} audio
 * @property {boolean} audio_switch
 * @property {boolean} seed
 * @property {boolean} negative_prompt
 * @property {boolean} image_to_video
 * @property {boolean|null} last_frame
 * @property {number|null} reference_images_max
 * @property {number|null} reference_videos_max
 * @property {boolean|null} edit
 * @property {boolean} upscales
 * @property {{adds_s?: number[], adds_s_min?: number, adds_s_max?: number}|null} extension
 * @property {({any?: string[], restricted_regions?: string[]} & Record<string, string[]|string|null>)|null} person_generation
 * @property {{if: Record<string, unknown>, then: Record<string, unknown>}[]} constraints
 * @property {Record<string, number>} usd_per_second
 * @property {Record<string, number>} usd_per_million_tokens
 * @property {Record<string, number>} upscale_tokens_per_second
 * @property {boolean} price_doubted
 * @property {number|null} prompt_tokens
 *
 * @typedef {object} Schema
 * @property {{name: string, label: string, emulator: boolean}} provider
 * @property {Param[]} params
 * @property {Model[]} models
 * @property {string} default_model
 * @property {number} image_bytes
 * @property {number} chunk_bytes
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
 * @property {boolean} [allow_retired]
 *
 * @typedef {{parameter: string, message: string, allowed?: (string|number|boolean)[]}} Problem
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
