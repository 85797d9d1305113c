import { describe } from 'vitest'

import { LruSessionStore } from '../../lib/index.js'
import { holdsThroughSecondSteps } from '../contracts/holds-through-second-steps.js'

describe('In memory,', () => {
  holdsThroughSecondSteps(() => new LruSessionStore())
})
