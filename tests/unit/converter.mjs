// In place of www/app/shell/converter.ts.
let converter;

export const work = (made) => (converter = made);
export const theConverter = async () => converter;
