/**
 * For the tests of apps, and of stores of their own.
 *
 * @module express-4d-directory/testing
 */

export type { OpenSessionOptions } from './http/login-options.js'
export type { OpenedSession } from './http/open-test-session.js'
export { behavesLikeASessionStore } from './testing/behaves-like-a-session-store.js'
export { openSession } from './testing/open-session.js'
export type { SpecRunner } from './testing/store-spec.js'
export { stubDirectory, type StubDirectoryOptions } from './testing/stub-directory.js'
