import { createConverter } from 'nijigen';
import { whenAsked } from './when-asked.js';

whenAsked(createConverter);
