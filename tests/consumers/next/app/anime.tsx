'use client';
import 'nijigen/element';
import type {} from 'nijigen/react';
import { useEffect, useState } from 'react';
import { converter } from './converter';

export function Anime({ photo }: { photo: string }) {
  const [result, setResult] = useState<string>();
  useEffect(() => {
    const left = new AbortController();
    const { signal } = left;
    let url: string | undefined;
    const draw = async () => {
      const { blob } = await (await converter()).convert(photo, { style: 'meadow', maxSide: 256, signal });
      if (!signal.aborted) setResult((url = URL.createObjectURL(blob)));
    };
    draw().catch((error) => signal.aborted || console.error(error));
    return () => {
      left.abort();
      if (url) URL.revokeObjectURL(url);
      setResult(undefined);
    };
  }, [photo]);
  return (
    <>
      <img id="photo" src={photo} alt="" />
      <img id="result" src={result} alt="" />
      <nijigen-photo
        suppressHydrationWarning
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
