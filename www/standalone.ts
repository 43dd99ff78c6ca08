// One file for a plain <script type="module">: everything but the engine and the models, which lie beside it.
export * from './client/index.js';
export * from './element/index.js';
