import { Component, CUSTOM_ELEMENTS_SCHEMA, OnDestroy, OnInit, signal } from '@angular/core';
import { converter } from './nijigen';

@Component({
  selector: 'app-root',
  schemas: [CUSTOM_ELEMENTS_SCHEMA],
  template: `
    <img id="photo" src="photo.jpg" alt="" />
    <img id="result" [src]="result()" alt="" />
    <nijigen-photo look="meadow" max-side="256" loading="eager"><img src="photo.jpg" alt="a dog" /></nijigen-photo>
  `,
})
export class Anime implements OnInit, OnDestroy {
  readonly result = signal('');
  readonly #left = new AbortController();

  async ngOnInit() {
    const { signal } = this.#left;
    const { blob } = await (await converter).convert('photo.jpg', { style: 'meadow', maxSide: 256, signal });
    this.result.set(URL.createObjectURL(blob));
  }

  ngOnDestroy() {
    this.#left.abort();
    URL.revokeObjectURL(this.result());
  }
}
