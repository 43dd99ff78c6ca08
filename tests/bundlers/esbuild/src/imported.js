// The engine and the model are files that esbuild copies; the worker is within the script.
import model from 'nijigen/models/meadow-fast';
import meadow from 'nijigen/models/meadow-fast.onnx';
import { createConverter, NijigenPhoto } from 'nijigen/standalone';
import simd from 'nijigen/wasm/simd.wasm';

NijigenPhoto.converter = createConverter({ wasmUrl: simd, models: [{ ...model, url: meadow }] });
NijigenPhoto.converter
  .then((converter) => converter.convert('photo.jpg', { maxSide: 256 }))
  .then(({ blob }) => {
    document.querySelector('#result').src = URL.createObjectURL(blob);
  });
