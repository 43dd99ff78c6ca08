import { Anime } from './anime';

export default function Page() {
  return <Anime photo="photo.jpg" />;
}
