import simd from 'nijigen/engines/simd';
import meadow from 'nijigen/models/meadow-fast';
import { createConverter } from 'nijigen/slim';
import { whenAsked } from './when-asked.js';

whenAsked(createConverter, { engines: [simd], models: [meadow] });
