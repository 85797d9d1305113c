import { describe } from 'vitest'

import { LruSessionStore } from '../../lib/index.js'
import { SlidingLate } from '../contracts/defective-times.js'
import { keepsSessionsAsTheModel } from '../contracts/keeps-sessions-as-the-model.js'

keepsSessionsAsTheModel(() => {
  const store = new LruSessionStore()
  return [store, store]
})

describe('over a store that slides late', () => {
  keepsSessionsAsTheModel(() => {
    const store = new SlidingLate()
    return [store, store]
  })
})
