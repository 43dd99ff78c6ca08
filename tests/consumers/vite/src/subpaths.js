// Every file where the bundler puts it, each named by hand.
import { NijigenPhoto } from 'nijigen/element';
import skyline from 'nijigen/models/skyline-fast';
import modelUrl from 'nijigen/models/skyline-fast.onnx?url';
import { createConverter } from 'nijigen/slim';
import threadUrl from 'nijigen/thread?url';
import relaxed from 'nijigen/wasm/relaxed.wasm?url';
import simd from 'nijigen/wasm/simd.wasm?url';
import workerUrl from 'nijigen/worker?url';

const models = [{ ...skyline, entry: { ...skyline.entry, style: 'meadow' }, url: modelUrl }];
NijigenPhoto.converter = createConverter({ workerUrl, threadUrl, wasmUrl: { relaxed, simd }, models });
const converter = await NijigenPhoto.converter;
const { blob } = await converter.convert('/photo.jpg', { maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
