import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SharedStore, Visit } from '../client/protocol.js';

/** An absolute URL; what names no scheme is a path of the file system. */
export function absolute(url: string | URL): string {
  // A single letter before the colon is a Windows drive.
  if (url instanceof URL || /^[a-z][a-z\d+.-]+:/i.test(url)) return new URL(url).href;
  const folder = /[/\\]$/.test(url) ? '/' : '';
  return pathToFileURL(resolve(url)).href + folder;
}

/** Node has all that is needed. */
export function requirePlatform(): void {
  // Nothing is missing.
}

/** The engine is in the same process, and can call it. */
export const checkedStore = (store: SharedStore): SharedStore => store;

/** A timer that does not keep the program from ending. */
export const someTime = (work: () => void, ms: number): ReturnType<typeof setTimeout> => setTimeout(work, ms).unref();

/** There is no GPU here that could end it. */
export const thisVisit = (): Visit => ({ since: performance.timeOrigin, left: 0 });
