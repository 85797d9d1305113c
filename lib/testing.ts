export { behavesLikeASessionStore } from './testing/behaves-like-a-session-store.js'
export type { SpecRunner } from './testing/store-spec.js'
