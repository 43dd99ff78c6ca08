import {
  BufferTarget,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  WebMOutputFormat,
  type OutputFormat,
  type VideoCodec,
} from 'mediabunny';
import type { Size } from './moving.js';

export const QUALITY = new Quality('high');
/** Stays where the mark in the corner does not. */
export const TAGS = { comment: 'Drawn by a model (Nijigen)' };

interface Coding {
  readonly format: OutputFormat;
  readonly codec: VideoCodec;
}

/** What most programs play comes first. */
export async function codingFor(size: Size): Promise<Coding> {
  const options = { ...size, quality: QUALITY };
  const h264 = await getFirstEncodableVideoCodec(['avc'], options);
  if (h264) return { format: new Mp4OutputFormat({ fastStart: 'in-memory' }), codec: h264 };
  const codec = await getFirstEncodableVideoCodec(['vp9', 'vp8'], options);
  if (!codec) throw new Error(`this browser encodes no video of ${size.width}×${size.height} pixels`);
  return { format: new WebMOutputFormat(), codec };
}

/** A film to be, in memory. */
export const film = (format: OutputFormat): Output<OutputFormat, BufferTarget> =>
  new Output({ format, target: new BufferTarget() });

export function fileOf({ format, target }: Output<OutputFormat, BufferTarget>): Blob {
  if (!target.buffer) throw new Error('the film has no end');
  return new Blob([target.buffer], { type: format.mimeType });
}
