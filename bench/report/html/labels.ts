/**
 * Moves labels apart until none covers another, half of them up and half down.
 * @param wanted where each would like to be
 * @param apart the least distance
 * @param most none is put below
 * @returns a place for each, in the same order
 */
export function placeLabels(wanted: readonly number[], apart: number, most: number): number[] {
  const order = [...wanted.keys()].toSorted(
    (a, b) => (wanted[a] as number) - (wanted[b] as number),
  );
  const sorted = order.map((at) => wanted[at] as number);
  const down = pushDown(sorted, apart);
  const up = pushUp(sorted, apart, Number.POSITIVE_INFINITY);
  // Both keep the distance, and so does what lies halfway between them.
  const middle = down.map((place, at) => (place + (up[at] as number)) / 2);
  const placed = pushUp(middle, apart, most);
  const places = [...wanted];
  for (const [rank, at] of order.entries()) places[at] = placed[rank] as number;
  return places;
}

/** Each at least `apart` below the one before. */
function pushDown(sorted: readonly number[], apart: number): number[] {
  let least = Number.NEGATIVE_INFINITY;
  return sorted.map((wanted) => {
    const place = Math.max(wanted, least);
    least = place + apart;
    return place;
  });
}

/** Each at least `apart` above the one after, and the last not below `most`. */
function pushUp(sorted: readonly number[], apart: number, most: number): number[] {
  const mirrored = sorted.map((wanted) => -Math.min(wanted, most)).toReversed();
  return pushDown(mirrored, apart)
    .toReversed()
    .map((place) => -place);
}
