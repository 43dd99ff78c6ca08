// `import type {} from 'nijigen/react'` tells React 19's JSX of the element.
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { NijigenPhoto, NijigenPhotoEvents } from './photo.js';

/** Attributes, so that a server renders what the browser does. */
interface NijigenPhotoAttributes extends HTMLAttributes<NijigenPhoto> {
  src?: string;
  alt?: string;
  look?: string;
  tier?: NijigenPhoto['tier'];
  'max-side'?: number;
  format?: NijigenPhoto['format'];
  quality?: number;
  strength?: number;
  'full-size'?: boolean;
  label?: NijigenPhoto['label'];
  cache?: NijigenPhoto['cache'];
  loading?: NijigenPhoto['loading'];
}

type Listeners = {
  [Name in keyof NijigenPhotoEvents as `on${Name}`]?: (event: NijigenPhotoEvents[Name]) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'nijigen-photo': DetailedHTMLProps<NijigenPhotoAttributes & Listeners, NijigenPhoto>;
    }
  }
}
