import { expectTypeOf } from 'expect-type';
import { createConverter, NijigenError, type Conversion, type ErrorCode, type Source } from 'nijigen';
import { NijigenPhoto } from 'nijigen/element';
import simd from 'nijigen/engines/simd';
import meadow from 'nijigen/models/meadow-fast';
import { createConverter as slim } from 'nijigen/slim';
import * as slimElement from 'nijigen/slim/element';
import * as standalone from 'nijigen/standalone';

const converter = await createConverter({ baseUrl: 'https://cdn.example/nijigen/', threads: 2 });
expectTypeOf(slim).toEqualTypeOf(createConverter);
expectTypeOf(standalone.createConverter).toEqualTypeOf(createConverter);
expectTypeOf(standalone.NijigenPhoto).toEqualTypeOf(NijigenPhoto);
expectTypeOf(slimElement.NijigenPhoto).toEqualTypeOf(NijigenPhoto);
await slim({ engines: [simd], models: [meadow, { entry: meadow.entry, url: '/meadow.onnx' }] });

type Taken =
  | Blob
  | File
  | ArrayBuffer
  | Uint8Array
  | string
  | URL
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas;
expectTypeOf<Taken>().toExtend<Source>();
expectTypeOf<number>().not.toExtend<Source>();

const made = await converter.convert('photo.jpg', { style: 'meadow', format: 'webp', label: null, cache: 'refresh' });
expectTypeOf(made).toEqualTypeOf<Conversion>();
expectTypeOf(made.blob).toEqualTypeOf<Blob>();
expectTypeOf(made.cache).toEqualTypeOf<'exact' | 'near' | 'miss'>();
// @ts-expect-error formats are a closed list
await converter.convert('photo.jpg', { format: 'bmp' });
// @ts-expect-error there is no such option
await converter.convert('photo.jpg', { maxsize: 512 });
// @ts-expect-error results are read only
made.width = 3;

expectTypeOf(await converter.addModel(new Blob(), { name: 'Mine', range: [0, 1] })).toEqualTypeOf<string>();
// @ts-expect-error a model has a name
await converter.addModel(new Blob(), {});
await converter.preload(['meadow'], {
  onProgress: ({ loaded, total }) => expectTypeOf([loaded, total]).items.toBeNumber(),
});

expectTypeOf(new NijigenError('network', '').code).toEqualTypeOf<ErrorCode>();

const element = document.createElement('nijigen-photo');
expectTypeOf(element).toEqualTypeOf<NijigenPhoto>();
expectTypeOf(element.maxSide).toEqualTypeOf<number | null>();
element.src = element.look = element.maxSide = element.fullSize = undefined;
expectTypeOf(NijigenPhoto.converter).toEqualTypeOf(createConverter());
NijigenPhoto.converter = () => createConverter();
document.addEventListener('nijigen-done', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<Conversion>());
document.addEventListener('nijigen-error', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<NijigenError>());
