import { createConverter } from 'nijigen';
import { NijigenPhoto } from 'nijigen/element';

NijigenPhoto.converter = createConverter();
NijigenPhoto.converter
  .then((converter) => converter.convert('photo.jpg', { style: 'meadow', maxSide: 256 }))
  .then(({ blob }) => {
    document.querySelector('#result').src = URL.createObjectURL(blob);
  });
