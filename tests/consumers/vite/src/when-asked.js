// A page that draws when it is asked to, as most do. What it draws with is imported by the page's own script.
const ask = document.querySelector('button');
ask.hidden = false;
export const whenAsked = (createConverter, options) =>
  ask.addEventListener('click', async () => {
    const converter = await createConverter(options);
    const { blob } = await converter.convert('/photo.jpg', { maxSide: 256 });
    document.querySelector('#result').src = URL.createObjectURL(blob);
  });
