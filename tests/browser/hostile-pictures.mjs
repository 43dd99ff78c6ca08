// Pictures that are also something else, that ask for more than there is, or that lead in circles.
import { readFileSync } from 'node:fs';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { noise } from './noise.mjs';

const PHOTO = readFileSync('tests/fixtures/photos/lake.jpg');
const HTML = Buffer.from('<!doctype html><script>document.title = "run"</script>');

function u32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** PNG's, and with other names the sound of its checksum is right too. */
function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name), data]);
  return Buffer.concat([u32(data.length), named, u32(crc32(named))]);
}

const grey = (width, height) => Buffer.alloc((width + 1) * height, 0x40).map((v, i) => (i % (width + 1) ? v : 0));

/** Grey, 8 bits; `more` stands before the pixels. */
function png(width, height, { more = [], data = deflateSync(grey(width, height)) } = {}) {
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])]);
  const chunks = [chunk('IHDR', header), ...more, chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

const u16 = (...values) => Buffer.from(new Uint16Array(values).buffer);

/** A screen, and one frame on it with codes of one byte that never grow: every hundred colours the table is forgotten. */
function gif(screen, frame, { comment = '', pixels = frame[2] * frame[3] } = {}) {
  const codes = [];
  for (let i = 0; i < pixels; i++) {
    if (i % 100 === 0) codes.push(0x80);
    codes.push(i % 120);
  }
  codes.push(0x81);
  const blocks = [];
  for (let i = 0; i < codes.length; i += 255) {
    const block = codes.slice(i, i + 255);
    blocks.push(Buffer.from([block.length, ...block]));
  }
  return Buffer.concat([
    Buffer.from('GIF89a'),
    u16(...screen),
    Buffer.from([0xf6, 0, 0]),
    noise(3 * 128),
    ...(comment ? [Buffer.from([0x21, 0xfe, comment.length]), Buffer.from(comment), Buffer.from([0])] : []),
    Buffer.from([0x2c]),
    u16(...frame),
    Buffer.from([0, 7]),
    ...blocks,
    Buffer.from([0, 0x3b]),
  ]);
}

/** Little-endian; entries are [tag, type, count, value]; `next` is where the next directory lies. */
function tiff(entries, next = 0, rest = Buffer.alloc(0)) {
  const directory = entries.map(([tag, type, count, value]) =>
    Buffer.concat([u16(tag, type), Buffer.from(new Uint32Array([count, value]).buffer)]),
  );
  const head = Buffer.concat([Buffer.from('II'), u16(42), Buffer.from([8, 0, 0, 0])]);
  const end = Buffer.from(new Uint32Array([next]).buffer);
  return Buffer.concat([head, u16(entries.length), ...directory, end, rest]);
}
const [SHORT, LONG] = [3, 4];

/** A grey picture's directory; `changes` replace entries by their tag. */
function directory(width, height, at, changes = {}) {
  const entries = {
    256: [LONG, 1, width],
    257: [LONG, 1, height],
    258: [SHORT, 1, 8],
    259: [SHORT, 1, 1],
    262: [SHORT, 1, 1],
    273: [LONG, 1, at],
    277: [SHORT, 1, 1],
    278: [LONG, 1, height],
    279: [LONG, 1, width * height],
    ...changes,
  };
  return Object.entries(entries).map(([tag, values]) => [Number(tag), ...values]);
}
/** Where the pixels lie that follow nine entries. */
const AFTER = 8 + 2 + 9 * 12 + 4;

/** One stored file, as `zip -0` writes it (PKWARE's APPNOTE, 4.3). */
function zip(name, text) {
  const [file, body] = [Buffer.from(name), Buffer.from(text)];
  const sizes = Buffer.from(new Uint32Array([crc32(body), body.length, body.length]).buffer);
  const common = Buffer.concat([u16(10, 0, 0, 0, 0), sizes, u16(file.length, 0)]);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, file, body]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02'),
    u16(10),
    common,
    u16(0, 0, 0),
    Buffer.from(new Uint32Array([0, 0]).buffer),
    file,
  ]);
  const end = Buffer.concat([
    Buffer.from('PK\x05\x06'),
    u16(0, 0, 1, 1),
    Buffer.from(new Uint32Array([central.length, local.length]).buffer),
    u16(0),
  ]);
  return Buffer.concat([local, central, end]);
}

const MB = 1 << 20;
/** Inflates to a thousand times its length. */
const BOMB = deflateSync(Buffer.alloc(96 * MB));
const SIXTEEN = deflateSync(grey(16, 16));
const pixels = Buffer.alloc(32 * 32, 0x60);

/** By what they are: name and type that they come with, bytes, and the size of the result or the code. */
export const PICTURES = {
  'a JPEG that is a ZIP, too': {
    file: ['photo.jpg', 'image/jpeg', Buffer.concat([PHOTO, zip('run.js', 'alert(1)')])],
    gives: [256, 144],
  },
  'a ZIP with a JPEG behind it': {
    file: ['photo.jpg', 'image/jpeg', Buffer.concat([zip('run.js', 'alert(1)'), PHOTO])],
    gives: 'unsupported-format',
  },
  'a GIF that is a script, too': {
    // To a script its first bytes are the name of a variable, and the screen's width begins a comment.
    file: [
      'photo.gif',
      'image/gif',
      Buffer.concat([gif([0x2a2f, 16], [0, 0, 64, 16], { comment: 'x' }), Buffer.from('*/=1;alert(1)')]),
    ],
    gives: [256, 1],
  },
  'a GIF with a script in it': {
    file: ['photo.gif', 'image/gif', gif([64, 48], [0, 0, 64, 48], { comment: '<script>alert(1)</script>' })],
    gives: [64, 48],
  },
  'a PNG with a page behind it': {
    file: ['photo.png', 'image/png', Buffer.concat([png(64, 48), HTML])],
    gives: [64, 48],
  },
  'a drawing of vectors said to be a JPEG': {
    file: [
      'photo.jpg',
      'image/jpeg',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9e9" onload="alert(1)"/>'),
    ],
    gives: 'unsupported-format',
  },
  'a page said to be a PNG': { file: ['photo.png', 'image/png', HTML], gives: 'unsupported-format' },
  'a JPEG said to be a PNG': { file: ['photo.png', 'image/png', PHOTO], gives: [256, 144] },
  'a PNG said to be a page': { file: ['photo.html', 'text/html', png(64, 48)], gives: [64, 48] },
  'a model said to be a photo': {
    file: ['photo.jpg', 'image/jpeg', readFileSync('tests/vectors/user/half-size.onnx')],
    gives: 'unsupported-format',
  },

  'a PNG of 8000 × 8000 pixels, with 200 bytes of them': {
    file: ['photo.png', 'image/png', png(8000, 8000, { data: deflateSync(Buffer.alloc(1e5)) })],
    gives: 'corrupt-image',
  },
  'a PNG of the largest sides': {
    file: ['photo.png', 'image/png', png(0x7fffffff, 0x7fffffff, { data: SIXTEEN })],
    gives: 'too-large',
  },
  'a PNG whose colour profile inflates to 96 MB': {
    file: [
      'photo.png',
      'image/png',
      png(16, 16, { more: [chunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), BOMB]))] }),
    ],
    gives: [16, 16],
  },
  'a PNG whose text inflates to 96 MB': {
    file: [
      'photo.png',
      'image/png',
      png(16, 16, { more: [chunk('zTXt', Buffer.concat([Buffer.from('t\0\0'), BOMB]))] }),
    ],
    gives: [16, 16],
  },
  'a PNG with 100,000 texts': {
    file: ['photo.png', 'image/png', png(16, 16, { more: Array(100_000).fill(chunk('tEXt', Buffer.from('t\0text'))) })],
    gives: [16, 16],
  },
  'a PNG whose pixels inflate to 96 MB': {
    file: ['photo.png', 'image/png', png(16, 16, { data: BOMB })],
    gives: [16, 16],
  },
  'a PNG whose pixels are a stream without its head': {
    file: ['photo.png', 'image/png', png(16, 16, { data: deflateRawSync(grey(16, 16)) })],
    gives: 'corrupt-image',
  },
  'a PNG of a chunk as long as memory': {
    file: [
      'photo.png',
      'image/png',
      Buffer.concat([png(16, 16).subarray(0, 33), u32(0xfffffff0), Buffer.from('IDAT')]),
    ],
    gives: 'corrupt-image',
  },
  'a GIF with a frame larger than its screen': {
    file: ['photo.gif', 'image/gif', gif([16, 16], [0, 0, 65535, 65535], { pixels: 256 })],
    gives: 'too-large',
  },
  'a GIF with a frame beside its screen': {
    file: ['photo.gif', 'image/gif', gif([16, 16], [60000, 60000, 16, 16])],
    gives: [16, 16],
  },
  'a GIF without a frame': {
    file: ['photo.gif', 'image/gif', Buffer.concat([Buffer.from('GIF89a'), u16(16, 16), Buffer.from([0, 0, 0, 0x3b])])],
    gives: 'corrupt-image',
  },
  'a sound TIFF': { file: ['a.tiff', 'image/tiff', tiff(directory(32, 32, AFTER), 0, pixels)], gives: [32, 32] },
  'a TIFF whose directory follows itself': {
    file: ['a.tiff', 'image/tiff', tiff(directory(32, 32, AFTER), 8, pixels)],
    // Its picture is whole; a directory is looked at once.
    gives: [32, 32],
  },
  'a TIFF whose directory lies beyond its end': {
    file: ['a.tiff', 'image/tiff', Buffer.concat([Buffer.from('II*\0'), Buffer.from([0, 0, 0, 0x7f]), pixels])],
    gives: 'corrupt-image',
  },
  'a TIFF of 65,535 entries that are not there': {
    file: ['a.tiff', 'image/tiff', Buffer.concat([Buffer.from('II*\0'), Buffer.from([8, 0, 0, 0, 0xff, 0xff])])],
    gives: 'corrupt-image',
  },
  'a TIFF whose pixels lie beyond its end': {
    file: ['a.tiff', 'image/tiff', tiff(directory(32, 32, 0x7fffff00), 0, pixels)],
    gives: 'corrupt-image',
  },
  'a TIFF with four thousand million strips': {
    file: [
      'a.tiff',
      'image/tiff',
      tiff(directory(32, 32, AFTER, { 273: [LONG, 0xffffffff, 8], 279: [LONG, 0xffffffff, 8] }), 0, pixels),
    ],
    gives: 'corrupt-image',
  },
  'a TIFF of rows without height': {
    file: ['a.tiff', 'image/tiff', tiff(directory(32, 32, AFTER, { 278: [LONG, 1, 0] }), 0, pixels)],
    gives: 'corrupt-image',
  },
  'a TIFF of 65,535 colours': {
    file: ['a.tiff', 'image/tiff', tiff(directory(32, 32, AFTER, { 277: [SHORT, 1, 65535] }), 0, pixels)],
    gives: 'corrupt-image',
  },

  'no bytes': { file: ['photo.jpg', 'image/jpeg', Buffer.alloc(0)], gives: 'corrupt-image' },
  'random bytes': { file: ['photo.jpg', 'image/jpeg', noise(65536)], gives: 'unsupported-format' },
  ...Object.fromEntries(
    // Those whose first numbers are their sides are refused for these.
    [
      ['JPEG', 'jpg', [0xff, 0xd8, 0xff, 0xe0], 'corrupt-image'],
      ['PNG', 'png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'too-large'],
      ['WebP', 'webp', Buffer.from('RIFF\xf8\xff\0\0WEBPVP8 ', 'latin1'), 'too-large'],
      ['GIF', 'gif', Buffer.from('GIF89a'), 'corrupt-image'],
      ['BMP', 'bmp', Buffer.from('BM'), 'too-large'],
      ['TIFF', 'tiff', Buffer.from('II*\0'), 'corrupt-image'],
    ].map(([name, ending, first, code]) => [
      `random bytes that begin as a ${name}`,
      { file: [`photo.${ending}`, '', Buffer.concat([Buffer.from(first), noise(65536, name)])], gives: code },
    ]),
  ),
};
