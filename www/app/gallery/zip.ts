import { downloadZip } from 'client-zip';
import { whileUnsaved } from '../shell/activity.js';
import { saveAs } from '../shell/picture.js';

/** Chromium's alone for now. */
type Picker = (options: {
  suggestedName: string;
  types: { accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/** Saves files as one ZIP, written while it is made where the browser can. Gives its name, if nobody thought better of it. */
export async function saveZip(files: readonly File[], suggestedName: string): Promise<string | undefined> {
  const { showSaveFilePicker: pick } = window as { showSaveFilePicker?: Picker };
  let target: FileSystemFileHandle | undefined;
  try {
    target = await pick?.({ suggestedName, types: [{ accept: { 'application/zip': ['.zip'] } }] });
  } catch (error) {
    if ((error as DOMException).name === 'AbortError') return undefined;
    // Refused in frames: the usual download is left.
  }
  const zip = downloadZip(withNamesOfTheirOwn(files));
  if (target) await whileUnsaved(write(zip, target));
  else saveAs(await whileUnsaved(zip.blob()), suggestedName);
  return target?.name ?? suggestedName;
}

async function write({ body }: Response, target: FileSystemFileHandle): Promise<void> {
  await body?.pipeTo(await target.createWritable());
}

/** `name.png`, `name (2).png` and so on; case makes no difference, as on most disks. */
export function withNamesOfTheirOwn(files: readonly File[]): { name: string; input: File }[] {
  const taken = new Set<string>();
  return files.map((input) => {
    const [, stem = input.name, end = ''] = /^(.*?)(\.[^.]*)?$/.exec(input.name) ?? [];
    let name = input.name;
    for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${stem} (${count})${end}`;
    taken.add(name.toLowerCase());
    return { name, input };
  });
}
