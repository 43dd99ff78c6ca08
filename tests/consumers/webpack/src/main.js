// Only what is imported comes along.
import simd from 'nijigen/engines/simd';
import skyline from 'nijigen/models/skyline-fast';
import { createConverter } from 'nijigen/slim';

createConverter({ engines: [simd], models: [skyline] })
  .then((converter) => converter.convert(document.querySelector('#photo'), { maxSide: 256 }))
  .then(({ blob }) => {
    document.querySelector('#result').src = URL.createObjectURL(blob);
  });
