import { runAutocannon } from '../load/autocannon-run.js'
import { runBurst } from '../load/burst.js'
import { ConnectionPool } from '../load/connection-pool.js'
import { runFlood } from '../load/flood.js'
import { runAtFixedRate } from '../load/fixed-rate.js'
import { Stream } from '../load/stream.js'
import { answerCalls } from './calls.js'

const pool = new ConnectionPool()
let stream: Stream | null = null

/** What the process of the clients can be asked for. */
const verbs = {
  burst: (plan: Parameters<typeof runBurst>[1]) => runBurst(pool, plan),
  fixedRate: (plan: Parameters<typeof runAtFixedRate>[1]) => runAtFixedRate(pool, plan),
  flood: (plan: Parameters<typeof runFlood>[1]) => runFlood(pool, plan),
  autocannon: runAutocannon,
  /** Keeps requests in flight until `stopStream`. */
  startStream(plan: ConstructorParameters<typeof Stream>[1]): void {
    stream = new Stream(pool, plan)
  },
  async stopStream(): Promise<void> {
    await stream?.stop()
  }
}

export type LoadVerbs = typeof verbs

answerCalls(verbs)
