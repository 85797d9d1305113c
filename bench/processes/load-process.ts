import { runAutocannon } from '../load/autocannon-run.js'
import { runBurst } from '../load/burst.js'
import { ConnectionPool } from '../load/connection-pool.js'
import { runAtFixedRate } from '../load/fixed-rate.js'
import { Stream, type StreamPlan } from '../load/stream.js'
import { answerCalls } from './calls.js'

const pool = new ConnectionPool()
let stream: Stream | null = null

/** What the process of the clients can be asked for. */
const verbs = {
  burst: (plan: Parameters<typeof runBurst>[1]) => runBurst(pool, plan),
  fixedRate: (plan: Parameters<typeof runAtFixedRate>[1]) => runAtFixedRate(pool, plan),
  autocannon: runAutocannon,
  /** Keeps requests in flight until `stopStream`. */
  startStream(plan: StreamPlan): void {
    stream = new Stream(pool, plan)
  },
  async stopStream(): Promise<{ readonly requests: number; readonly milliseconds: number }> {
    if (stream === null) throw new Error('no stream was started')
    return await stream.stop()
  }
}

export type LoadVerbs = typeof verbs

answerCalls(verbs)
