/** The known name that a text was probably meant to be, or `null` when none is near: at most two letters off, and fewer than half. */
export function nearestName(text: string, names: readonly string[]): string | null {
  const measured = names.map((name) => ({ name, distance: editDistance(text, name) }))
  const nearest = measured.reduce<{ name: string; distance: number } | null>(
    (best, each) => (best && best.distance <= each.distance ? best : each),
    null
  )
  return nearest && nearest.distance <= 2 && nearest.distance < nearest.name.length / 2 ? nearest.name : null
}

/** How many letters have to be put in, taken out, exchanged or swapped with their neighbour (optimal string alignment). */
function editDistance(one: string, other: string): number {
  let beforeLast: readonly number[] = []
  let last = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const isSwapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Infinity
        )
      )
    }
    beforeLast = last
    last = current
  }
  return at(last, other.length)
}

function at(distances: readonly number[], index: number): number {
  return distances[index] ?? Infinity
}
