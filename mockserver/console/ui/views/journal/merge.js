// The rows of the journal that are known here, newest first, and what becomes of them when there is news. Pure.

/** Where the row of this number is, or would be. */
export function placeOf(rows, number) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].number > number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The rows with news put in, at the most `bound` of them. `rows` are the newest without a hole: what is older than
 * the oldest of them is put in only if `all` there is is known.
 */
export function mergeRows(rows, news, { all, bound, insert = true }) {
  const merged = [...rows];
  const fresh = [];
  const oldest = rows.length ? rows[rows.length - 1].number : 0;
  for (const summary of [...news].sort((a, b) => b.number - a.number)) {
    const at = placeOf(rows, summary.number);
    if (rows[at]?.number === summary.number) merged[at] = summary;
    else if (insert && (all || summary.number > oldest)) fresh.push(summary);
  }
  if (!fresh.length) return merged.slice(0, bound);
  if (!rows.length || fresh[fresh.length - 1].number > rows[0].number) return [...fresh, ...merged].slice(0, bound);
  return [...fresh, ...merged].sort((a, b) => b.number - a.number).slice(0, bound);
}
