// Only what is imported comes along.
import simd from 'nijigen/engines/simd';
import skyline from 'nijigen/models/skyline-fast';
import { createConverter } from 'nijigen/slim';

const converter = await createConverter({ engines: [simd], models: [skyline] });
const { blob } = await converter.convert(document.querySelector('#photo'), { maxSide: 256 });
document.querySelector('#result').src = URL.createObjectURL(blob);
