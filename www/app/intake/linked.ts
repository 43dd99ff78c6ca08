import { isPicture } from './folder.js';

/** A picture that is dragged here out of another page, as browsers name it: its address, in a link or in HTML. */
export function addressIn(dragged: DataTransfer): string | undefined {
  const html = new DOMParser().parseFromString(dragged.getData('text/html'), 'text/html');
  const links = dragged.getData('text/uri-list').split(/\r?\n/);
  // A picture may stand in a link to something else. RFC 2483, 5: lines with # are remarks.
  return html.querySelector('img')?.getAttribute('src') ?? links.find((line) => line !== '' && !line.startsWith('#'));
}

/** Whether what is dragged may be such a picture; what it is, browsers tell only when it is let go. */
export const mayBeLinked = ({ types }: DataTransfer): boolean =>
  types.includes('text/uri-list') || types.includes('text/html');

/** Its file; undefined where it is no picture or cannot be read, for this page asks no other site for anything. */
export async function linked(address: string): Promise<File | undefined> {
  try {
    const blob = address.startsWith('data:') ? inline(address) : await own(new URL(address, location.href));
    const file = blob && new File([blob], nameIn(address), { type: blob.type });
    return file && isPicture(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

async function own(url: URL): Promise<Blob | undefined> {
  if (url.origin !== location.origin) return undefined;
  const response = await fetch(url);
  return response.ok ? response.blob() : undefined;
}

/** RFC 2397. The page's policy lets data: not be fetched. */
function inline(address: string): Blob | undefined {
  const [, type, base64, data] = /^data:([^;,]*)(?:;(?!base64)[^;,]*)*(;base64)?,(.*)$/s.exec(address) ?? [];
  if (type === undefined || data === undefined) return undefined;
  const text = decodeURIComponent(data);
  return new Blob([base64 ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : text], { type });
}

function nameIn(address: string): string {
  const last = address.startsWith('data:') ? '' : new URL(address, location.href).pathname.split('/').at(-1);
  return last ? decodeURIComponent(last) : 'picture';
}
