import relaxed from 'nijigen/engines/relaxed';
import skyline from 'nijigen/models/skyline-fast';
import { createConverter } from 'nijigen/slim';
import { NijigenPhoto } from 'nijigen/slim/element';
import { whenAsked } from './when-asked.js';

const options = { engines: [relaxed], models: [skyline] };
whenAsked(() => (NijigenPhoto.converter = createConverter(options)));
