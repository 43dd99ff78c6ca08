/**
 * Of `all` sizes offers those that come to the same only once: as what is chosen, else as the usual one or the least. The
 * others are taken out, for Safari shows hidden options.
 */
export function offerOnce(
  select: HTMLSelectElement,
  all: readonly HTMLOptionElement[],
  same: (option: HTMLOptionElement) => boolean,
): void {
  const { value } = select;
  const alike = all.filter(same);
  const offered =
    alike.find((option) => option.value === value) ?? alike.find((option) => option.defaultSelected) ?? alike[0];
  select.replaceChildren(...all.filter((option) => option === offered || !alike.includes(option)));
  select.value = value;
}
