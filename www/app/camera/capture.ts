import { readsBack } from '../../canvas.js';
import { NijigenError } from '../../client/index.js';
import { sentenceFor, text, textOr } from '../shell/text.js';

/** A photo's longer side that is asked for, in pixels; cameras give what comes nearest. */
const WIDTH = 1920;
const HEIGHT = 1080;
const QUALITY = 0.95;

export const hasCamera = (): boolean => 'getUserMedia' in ((navigator as Partial<Navigator>).mediaDevices ?? {});

/** Asks for permission where it was not given before. */
export function openCamera(which: MediaTrackConstraints = { facingMode: 'user' }): Promise<MediaStream> {
  const size = { width: { ideal: WIDTH }, height: { ideal: HEIGHT } };
  return navigator.mediaDevices.getUserMedia({ video: { ...size, ...which }, audio: false });
}

export function closeCamera(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What to ask for to get the camera on the device's other side, or the next one; undefined where there is but one. */
export async function otherCamera(stream: MediaStream): Promise<MediaTrackConstraints | undefined> {
  const { facingMode, deviceId } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === 'videoinput');
  if (cameras.length < 2) return undefined;
  if (facingMode) return { facingMode: facingMode === 'user' ? 'environment' : 'user' };
  const at = cameras.findIndex((camera) => camera.deviceId === deviceId);
  const next = cameras[(at + 1) % cameras.length];
  return next && { deviceId: { exact: next.deviceId } };
}

/** What the camera shows, as a file. */
export async function takePhoto(video: HTMLVideoElement): Promise<File> {
  if (!readsBack()) throw new NijigenError('unsupported-environment', 'canvases cannot be read');
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', QUALITY);
  });
  if (!blob) throw new Error('the camera shows nothing');
  return new File([blob], text('camera.file', { stamp: stamp() }), { type: blob.type });
}

/** The time, as files are named by it. */
export const stamp = (): string => new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');

/** Why there is no picture, in words. */
export const problemWith = (error: unknown): string =>
  error instanceof NijigenError
    ? sentenceFor(error.code)
    : textOr(`camera.${error instanceof DOMException ? error.name : ''}`, text('camera.failed'));
