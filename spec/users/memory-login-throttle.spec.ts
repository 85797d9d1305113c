import { describe } from 'vitest'

import { MemoryLoginThrottle } from '../../lib/users/memory-login-throttle.js'
import { behavesLikeALoginThrottle } from '../contracts/behaves-like-a-login-throttle.js'

describe('MemoryLoginThrottle', () => {
  behavesLikeALoginThrottle((limits) => new MemoryLoginThrottle(limits))
})
