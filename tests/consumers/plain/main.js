// The folder of the package is the query's, so that a test can serve it from here or from another origin.
const folder = new URLSearchParams(location.search).get('package');
const { createConverter } = await import(`${folder}client.js`);
const { NijigenPhoto } = await import(`${folder}element.js`);

NijigenPhoto.converter = createConverter();
const converter = await NijigenPhoto.converter;
const { blob } = await converter.convert('photo.jpg', { style: 'meadow', maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
