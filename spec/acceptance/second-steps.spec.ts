import { describe } from 'vitest'

import { LruSessionStore } from '../../lib/index.js'
import { holdsThroughSecondSteps } from '../contracts/holds-through-second-steps.js'
import { expectWarnings } from '../support/quiet-warnings.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LATE')

describe('In memory,', () => {
  holdsThroughSecondSteps(() => new LruSessionStore())
})
