// Only the model that is imported comes along.
import skyline from 'nijigen/models/skyline-fast';
import { createConverter } from 'nijigen/slim';

createConverter({ models: [skyline] })
  .then((converter) => converter.convert(document.querySelector('#photo'), { maxSide: 256 }))
  .then(({ blob }) => {
    document.querySelector('#result').src = URL.createObjectURL(blob);
  });
