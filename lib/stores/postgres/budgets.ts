/** Budgets below this are counted exactly, one create after the other: they are few, and a twentieth of them is next to nothing. */
export const exactBudgetBelow = 320

/** One part in so many of a larger budget: by that many guests it may be passed while they come. */
export const slackShare = 40

/** How many guests one statement opens at most, so that several processes at once stay within a twentieth of the budget. */
export function guestsPerStatement(maxGuests: number): number {
  return maxGuests < exactBudgetBelow ? 1 : Math.min(32, Math.floor(maxGuests / 160))
}
