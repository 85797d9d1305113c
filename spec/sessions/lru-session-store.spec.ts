import { describe, it } from 'vitest'

import { LruSessionStore } from '../../lib/sessions/lru-session-store.js'
import { behavesLikeASessionStore } from '../../lib/testing.js'

behavesLikeASessionStore({ describe, it }, () => new LruSessionStore())
