/** Of sizes that come to the same offers one: what is chosen, else the last. */
export function offerOnce({ options }: HTMLSelectElement, same: (option: HTMLOptionElement) => boolean): void {
  const alike = [...options].filter(same);
  const offered = alike.find(({ selected }) => selected) ?? alike.at(-1);
  for (const option of options) option.hidden = alike.includes(option) && option !== offered;
}
