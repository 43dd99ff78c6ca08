/** What an object is by what made it: frames of a page have classes of their own, which `instanceof` does not know. */
const brandOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);

/** Whether a value is a file, from whichever frame. */
export const isFile = (value: unknown): value is File => brandOf(value) === 'File';

/** Whether a value is a blob, which files are too. */
export const isBlob = (value: unknown): value is Blob => isFile(value) || brandOf(value) === 'Blob';

export const isUrl = (value: unknown): value is URL => brandOf(value) === 'URL';

export const isArrayBuffer = (value: unknown): value is ArrayBuffer => brandOf(value) === 'ArrayBuffer';

export const isImageData = (value: unknown): value is ImageData => brandOf(value) === 'ImageData';

export const isImageBitmap = (value: unknown): value is ImageBitmap => brandOf(value) === 'ImageBitmap';

/** Whether a value is an object of this class of the browser's. */
export const isOf = (name: string, value: unknown): boolean => brandOf(value) === name;
