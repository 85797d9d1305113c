/** The `timeoutMilliseconds` of stores in specs that are about something else: on a machine that is busy with others nothing is refused for being late. */
export const patience = 30_000
