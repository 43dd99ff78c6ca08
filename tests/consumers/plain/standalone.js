// One script of the package; engine and models lie elsewhere.
const baseUrl = new URLSearchParams(location.search).get('package');
const { createConverter, NijigenPhoto } = await import('./nijigen.js');

NijigenPhoto.converter = createConverter({ baseUrl });
const converter = await NijigenPhoto.converter;
const { blob } = await converter.convert('photo.jpg', { style: 'meadow', maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
