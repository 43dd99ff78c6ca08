// Made of the Rust core by src/types.rs, which says how; not to be edited.

/**
 * What is refused before any pixel is allocated.
 */
export type Limits = { 
/**
 * Largest file taken, in bytes; default 128 MiB.
 */
maxBytes: number, 
/**
 * Largest photo taken, in pixels; default 64 000 000, or 16 000 000 for each GB of memory that the browser says the
 * device has, where that is more. A JPEG may have eight times as many where `maxSide` makes so little of it that it is
 * decoded smaller.
 */
maxPixels: number, };

/**
 * What of an upright photo is drawn (see [`crate::picture::framing`]).
 */
export type Framing = { 
/**
 * Turns the photo clockwise, in degrees; default 0.
 */
rotate: Rotation, 
/**
 * Lets left and right change places, once it is turned; default false.
 */
mirror: boolean, 
/**
 * Draws only a part of what is turned and mirrored; default all.
 */
crop?: Crop, };

/**
 * A part of a picture, in shares of its sides, 0–1.
 */
export type Crop = { 
/**
 * From the left edge.
 */
left: number, 
/**
 * From the top.
 */
top: number, 
/**
 * Of the width.
 */
width: number, 
/**
 * Of the height.
 */
height: number, };

/**
 * Quarters of a turn, clockwise.
 */
export type Rotation = 0 | 90 | 180 | 270;

/**
 * How a photo is drawn.
 */
export type Draw = { 
/**
 * Longer side in pixels of what the generator draws, 256–16384, rounded; default 1024. Smaller photos are not
 * enlarged. Only ours, which work in tiles, go beyond 2048.
 */
maxSide: number, 
/**
 * The result gets the photo's own size; detail finer than `maxSide` is taken from the photo. Default false.
 */
fullSize: boolean, 
/**
 * The photo is kept beside the drawing, so that they can be blended anew. Default false: only where the strength
 * needs it.
 */
revisable: boolean, 
/**
 * What it is drawn on: decides how much is drawn at once, and leaves the result as it is. Default: nothing is known.
 */
device: Device, };

/**
 * What is known of a device.
 */
export type Device = { 
/**
 * GiB of memory, as far as it says. Default: not known.
 */
memory: number | null, 
/**
 * Whether it is a phone or the like, where a page that takes much memory is ended. Default: false.
 */
mobile: boolean, };

/**
 * What file is made of a drawing.
 */
export type Finish = { 
/**
 * How much of the drawing shows over the photo, 0–1; at 0 it is the photo, without any mark. Default 1.
 */
strength: number, 
/**
 * Default `png`.
 */
format: OutputFormat, 
/**
 * 1–100, rounded, of `jpeg`, default 90, and of `webp`, which is lossless without it, at 100, and where the browser
 * has no encoder of its own.
 */
quality: number, 
/**
 * Language of the small mark in the corner that says how the picture was made; `null` leaves it out. Default `en`.
 */
label: Language | null, 
/**
 * Shows the photo beside the drawing, or each on its side of a line; default the drawing alone.
 */
comparison?: Comparison, 
/**
 * Where the line is in a divided picture, as a share of its width, 0–1; default 0.5.
 */
split: number, };

/**
 * How a result shows both the photo and the drawing (see [`crate::picture::comparison`]).
 */
export type Comparison = "side-by-side" | "divided";

/**
 * File format of a result.
 */
export type OutputFormat = "png" | "jpeg" | "webp";

/**
 * A language that the mark is written in.
 */
export type Language = "en" | "zh" | "ja";

/**
 * How much is kept, for how long, and how alike two photos must be. Turning the cache off is the
 * caller's: it then asks nothing and puts nothing.
 */
export type CacheSettings = { 
/**
 * How long an entry is kept, in milliseconds; default 7 days.
 */
maxAge: number, 
/**
 * What the age is counted from; default `creation`.
 */
since: Since, 
/**
 * Bytes of all entries; default 256 MiB, and in a browser never more than a fifth of what it grants.
 */
maxBytes: number, 
/**
 * How many entries; default 10,000.
 */
maxEntries: number, 
/**
 * Largest distance of a near hit, in bits of 64, 0–16; default 5.
 */
threshold: number, 
/**
 * Whether the photo's file is kept beside its result; default false. Turning it off removes none that are kept.
 */
keepOriginals: boolean, };

/**
 * What an entry's age is counted from.
 */
export type Since = "creation" | "use";

/**
 * `use` looks up and stores, `refresh` only stores: the picture is made anew; `off` does neither.
 */
export type CacheMode = "use" | "refresh" | "off";

/**
 * What a shell does next. Of a step that is a question it then says whether the answer was yes.
 */
export type Step = "findExact" | "glimpse" | "findNear" | "decode" | "classify" | "fingerprint" | "draw" | "keep" | "answer";

/**
 * An entry as the list shows it.
 */
export type Listed = { id: string, 
/**
 * The model's `id`.
 */
model: string, created: number, used: number, 
/**
 * How many photos it has answered.
 */
hits: number, bytes: number, };

/**
 * A generator for one size.
 */
export type GpuProgram = { 
/**
 * How many words of 32 bits each buffer holds: floats, but for what [`Weights`] says.
 */
buffers: Array<number>, 
/**
 * Where the tensor is put that the generator takes.
 */
input: Place, 
/**
 * Where the tensor is found that it gives.
 */
output: Place, steps: Array<GpuStep>, };

/**
 * One step. Sides are height and width.
 */
export type GpuStep = { "kind": "fromTensor", from: Place, order: TensorOrder, sides: [number, number], channels: number, to: Place, } | { "kind": "toTensor", from: Place, order: TensorOrder, sides: [number, number], channels: number, to: Place, } | { "kind": "copy", from: Part, raw: [number, number], taps: [Place, Place] | null, inner: [number, number], pad: [number, number], border: Beyond, to: Place, sides: [number, number], vectors: number, first: number, add: boolean, } | { "kind": "convolve", parts: Array<Part>, raw: [number, number], border: Beyond, depthwise: boolean, kernel: [number, number], stride: [number, number], dilation: [number, number], pad: [number, number], weights: Weights, bias: Place, residual: Place | null, slope: string | null, shuffle: boolean, to: Place, 
/**
 * Before the shuffle.
 */
sides: [number, number], 
/**
 * Before the shuffle.
 */
outputs: number, 
/**
 * Multiply-adds.
 */
work: number, } | { "kind": "moments", from: Place, pixels: number, channels: number, stripes: number, partials: Place, to: Place, } | { "kind": "statistics", moments: Place, affine: [Coefficient, Coefficient] | null, channels: number, pixels: number, sum: boolean, acrossChannels: boolean, to: Place, } | { "kind": "elementwise", function: ElementFunction, operands: Array<Operand>, shape: Array<number>, to: Place, };

/**
 * Channels of a picture, and what happens to them as they are read: scale and shift, then LeakyReLU.
 */
export type Part = { at: Place, channels: number, affine: [Coefficient, Coefficient] | null, slope: string | null, };

/**
 * What a part of a picture is multiplied by, or what is added to it: one value, or one for every channel.
 */
export type Coefficient = { at: Place, each: boolean, };

/**
 * Where a convolution's weights lie; as float16, two in a word, where that is what they are or they come from a byte each.
 */
export type Weights = { at: Place, halves: boolean, };

/**
 * A tensor that is read with a stride for each axis of the one that is written; 0 where it is the same all along.
 */
export type Operand = { at: Place, strides: Array<number>, };

/**
 * Where values begin: a buffer, and how many words of 32 bits into it. Always at whole vectors.
 */
export type Place = { buffer: number, offset: number, };

/**
 * What lies beyond a picture's border; see `kernels::Border`.
 */
export type Beyond = "zero" | "reflect" | "edge";

/**
 * In which order a tensor of a picture's values lies: plane after plane, or pixel after pixel.
 */
export type TensorOrder = "planes" | "pixels";

/**
 * What is done to values one by one.
 */
export type ElementFunction = "copy" | "tanh" | "sigmoid" | "sqrt" | "rsqrt" | "recip" | "square" | "exp" | "neg" | "abs" | "add" | "sub" | "mul" | "div" | "max" | "min";

/** All of `OutputFormat`. */
export const FORMATS = ["png","jpeg","webp"] as const;

/** All of `Comparison`. */
export const COMPARISONS = ["side-by-side","divided"] as const;

/** All of `Rotation`. */
export const ROTATIONS = [0,90,180,270] as const;

/** All of `Language`. */
export const LANGUAGES = ["en","zh","ja"] as const;

/** All of `Since`. */
export const SINCE = ["creation","use"] as const;

/** The least and the most of what is a number. */
export const RANGES = {"limit":[1,9007199254740991],"maxSide":[256,16384],"quality":[1,100],"share":[0.0,1.0],"threshold":[0,16]} as const;

/** The browser's database of kept pictures. */
export const DATABASE = "nijigen" as const;

/** What is refused where nothing else is said. */
export const LIMITS = {"maxBytes":134217728,"maxPixels":64000000} as const;

/** How a picture is made where nothing else is said. */
export const DEFAULTS = {"format":"png","fullSize":false,"maxSide":1024,"quality":90} as const;

/** A picture with a side under so many pixels gets no mark. */
export const LEAST_MARKED = 300 as const;
