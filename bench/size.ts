/** How much of everything: `full` for results, `quick` for a look, `toy` for the specs, which look at the shape of what comes out. */
export interface Size {
  /** Bursts of each side before the first that counts: compiled code is not like the first requests'. */
  readonly warmUpBursts: number
  readonly rounds: number
  readonly requestsPerBurst: number
  readonly connections: number
  /** Of each of the five latency bursts. */
  readonly latencyMilliseconds: number
  readonly latencyPerSecond: number
  readonly autocannonSeconds: number
  /** Of the password hashes. */
  readonly cost: number
  readonly loginsPerBurst: number
  readonly concurrentLogins: number
  readonly loginBurstMilliseconds: number
  readonly populations: readonly number[]
  readonly floodVisits: number
  /** A budget of guests, filled before visitors flood it. */
  readonly fullGuests: number
  readonly floodConnections: number
  readonly manyFloodConnections: number
  readonly floodMilliseconds: number
  /** How long each verb of a store is asked, and how many calls are under way at once. */
  readonly verbMilliseconds: number
  readonly verbsAtOnce: number
}

export const sizes = {
  full: {
    warmUpBursts: 25,
    rounds: 30,
    requestsPerBurst: 1000,
    connections: 20,
    latencyMilliseconds: 1000,
    latencyPerSecond: 1000,
    autocannonSeconds: 1,
    cost: 10,
    loginsPerBurst: 8,
    concurrentLogins: 64,
    loginBurstMilliseconds: 2000,
    populations: [1000, 100_000, 1_000_000],
    floodVisits: 100_000,
    fullGuests: 10_000,
    floodConnections: 60,
    manyFloodConnections: 200,
    floodMilliseconds: 5000,
    verbMilliseconds: 2000,
    verbsAtOnce: 20
  },
  quick: {
    warmUpBursts: 10,
    rounds: 10,
    requestsPerBurst: 400,
    connections: 20,
    latencyMilliseconds: 300,
    latencyPerSecond: 1000,
    autocannonSeconds: 1,
    cost: 10,
    loginsPerBurst: 4,
    concurrentLogins: 64,
    loginBurstMilliseconds: 1000,
    populations: [1000, 100_000],
    floodVisits: 20_000,
    fullGuests: 10_000,
    floodConnections: 60,
    manyFloodConnections: 200,
    floodMilliseconds: 2000,
    verbMilliseconds: 500,
    verbsAtOnce: 20
  },
  toy: {
    warmUpBursts: 1,
    rounds: 1,
    requestsPerBurst: 4,
    connections: 2,
    latencyMilliseconds: 10,
    latencyPerSecond: 200,
    autocannonSeconds: 0,
    cost: 4,
    loginsPerBurst: 2,
    concurrentLogins: 4,
    loginBurstMilliseconds: 20,
    populations: [10, 20],
    floodVisits: 20,
    fullGuests: 20,
    floodConnections: 4,
    manyFloodConnections: 8,
    floodMilliseconds: 100,
    verbMilliseconds: 50,
    verbsAtOnce: 4
  }
} as const satisfies Record<string, Size>
