import { createConverter, type Converter } from 'nijigen';

let made: Promise<Converter> | undefined;
/** One for the whole app: engine and models are fetched once. */
const theConverter = () =>
  (made ??= createConverter().catch((error: unknown) => {
    made = undefined; // the next photo tries again
    throw error;
  }));

/** The drawing of a photo, as a URL; it is drawn anew when the photo changes. Only in the browser: servers show the photo. */
export function useAnime(photo: MaybeRefOrGetter<string>) {
  const result = ref<string>();
  const error = shallowRef<unknown>();
  onMounted(() =>
    watchEffect(async (forget) => {
      const left = new AbortController();
      forget(() => {
        left.abort();
        if (result.value) URL.revokeObjectURL(result.value);
        result.value = error.value = undefined;
      });
      const source = toValue(photo);
      try {
        const converter = await theConverter();
        const { blob } = await converter.convert(source, { style: 'meadow', maxSide: 256, signal: left.signal });
        if (!left.signal.aborted) result.value = URL.createObjectURL(blob);
      } catch (cause) {
        if (!left.signal.aborted) error.value = cause;
      }
    }),
  );
  return { result, error };
}
