// Run by conformance-kit.slow.ts under mocha, to show that the kit needs nothing of vitest.
import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import { behavesLikeASessionStore } from '../../lib/testing.js'

type Runner = Parameters<typeof behavesLikeASessionStore>[0]

// mocha's words are globals.
const { describe, it } = globalThis as unknown as Runner
behavesLikeASessionStore({ describe, it }, () => new LruSessionStore())
