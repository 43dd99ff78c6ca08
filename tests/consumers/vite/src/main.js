import { createConverter } from 'nijigen';
import { NijigenPhoto } from 'nijigen/element';

NijigenPhoto.converter = createConverter();
const converter = await NijigenPhoto.converter;
const { blob } = await converter.convert('/photo.jpg', { style: 'meadow', maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
