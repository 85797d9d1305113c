import { LruSessionStore } from '../../lib/index.js'
import { keepsSessionsAsTheModel } from '../contracts/keeps-sessions-as-the-model.js'

keepsSessionsAsTheModel(() => {
  const store = new LruSessionStore()
  return [store, store]
})
