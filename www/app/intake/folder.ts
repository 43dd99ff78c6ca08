/** What browsers give no type for, and can yet be a picture. */
const PICTURE = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif|hei[cf])$/i;
const MODEL = /\.onnx$/i;

/** Files as they are, and the pictures and models in folders and in the folders in these. */
export interface Taken {
  readonly files: readonly File[];
  /** Files in folders that are neither. */
  readonly leftOut: number;
}

/** Must be called while the drop is handled: later the browser no longer says what it was. */
export async function dropped({ items, files }: DataTransfer): Promise<Taken> {
  const plain = [...files];
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.some(({ isDirectory }) => isDirectory)) return { files: plain, leftOut: 0 };
  const all = await Promise.all(entries.map(async (entry) => ({ whole: entry.isFile, files: await filesIn(entry) })));
  const taken = all.flatMap(({ whole, files }) => (whole ? files : files.filter(isWanted)));
  const found = all.reduce((sum, { files }) => sum + files.length, 0);
  return { files: taken, leftOut: found - taken.length };
}

/** Lets a person choose a folder. Resolves when one is chosen. */
export function chosen(): Promise<Taken> {
  const input = Object.assign(document.createElement('input'), { type: 'file', webkitdirectory: true });
  return new Promise((resolve) => {
    input.addEventListener('change', () => {
      const all = [...(input.files ?? [])].sort((a, b) => byName(a.webkitRelativePath, b.webkitRelativePath));
      const files = all.filter(isWanted);
      resolve({ files, leftOut: all.length - files.length });
    });
    input.click();
  });
}

/** Whether it is to become a style, not a drawing. */
export const isModel = ({ name }: File): boolean => MODEL.test(name) && !name.startsWith('.');

/** By what the browser says that it is, or by its name. */
export const isPicture = ({ name, type }: File): boolean =>
  !name.startsWith('.') && (type.startsWith('image/') || PICTURE.test(name));

const isWanted = (file: File): boolean => isPicture(file) || isModel(file);

/** As people count: 2 before 10. */
const byName = (a: string, b: string): number => a.localeCompare(b, undefined, { numeric: true });

/** In the order of their names. What cannot be read is as if it were not there. */
async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  try {
    if (entry.isFile) {
      return [
        await new Promise<File>((resolve, reject) => {
          (entry as FileSystemFileEntry).file(resolve, reject);
        }),
      ];
    }
    const inside = (await entriesIn(entry as FileSystemDirectoryEntry)).sort((a, b) => byName(a.name, b.name));
    return (await Promise.all(inside.map(filesIn))).flat();
  } catch {
    return [];
  }
}

async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // A hundred at a time; none means that there are no more.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}
