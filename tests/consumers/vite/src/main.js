import { createConverter } from 'nijigen';
import { NijigenPhoto } from 'nijigen/element';

const converter = await createConverter();
NijigenPhoto.converter = converter;
const { blob } = await converter.convert('/photo.jpg', { style: 'meadow', maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
