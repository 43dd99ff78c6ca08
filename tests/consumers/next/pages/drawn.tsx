import Head from 'next/head';
import { Anime } from '../app/anime';

/** Of the Pages Router, which evaluates all of a page's modules before React takes up what the server rendered. */
export default function Page() {
  return (
    <>
      <Head>
        <link rel="icon" href="data:," />
      </Head>
      <Anime photo="photo.jpg" />
    </>
  );
}
