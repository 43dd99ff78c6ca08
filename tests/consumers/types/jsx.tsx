import type {} from 'nijigen/react';

export const good = (
  <nijigen-photo
    suppressHydrationWarning
    look="meadow"
    max-side={512}
    loading="eager"
    onnijigen-done={({ detail }) => detail.blob.size}
  >
    <img src="photo.jpg" alt="" />
  </nijigen-photo>
);
// @ts-expect-error it says lazy or eager
export const wrong = <nijigen-photo loading="soon" />;
