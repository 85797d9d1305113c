// Run by conformance-kit.slow.ts in a process of its own, to show that the kit needs nothing of vitest.
import { describe, it } from 'node:test'

import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import { behavesLikeASessionStore } from '../../lib/testing.js'

behavesLikeASessionStore({ describe, it }, () => new LruSessionStore())
