'use client';
import { createConverter } from 'nijigen';
import 'nijigen/element';
import type {} from 'nijigen/react';
import { useEffect, useState } from 'react';

export function Anime({ photo }: { photo: string }) {
  const [result, setResult] = useState<string>();
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    const ready = createConverter();
    ready
      .then((converter) => converter.convert(photo, { style: 'meadow', maxSide: 256, signal }))
      .then(({ blob }) => setResult(URL.createObjectURL(blob)))
      .catch((error) => signal.aborted || console.error(error));
    return () => {
      left.abort();
      void ready.then((converter) => converter.dispose());
    };
  }, [photo]);
  return (
    <>
      <img id="photo" src={photo} alt="" />
      <img id="result" src={result} alt="" />
      <nijigen-photo
        look="meadow"
        max-side={256}
        loading="eager"
        onnijigen-error={({ detail }) => console.error(detail)}
      >
        <img src={photo} alt="a dog" />
      </nijigen-photo>
    </>
  );
}
