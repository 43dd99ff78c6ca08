import { bootstrapApplication } from '@angular/platform-browser';
import { Anime } from './anime';

bootstrapApplication(Anime).catch((error: unknown) => console.error(error));
