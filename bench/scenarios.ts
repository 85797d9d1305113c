import type { Bench } from './bench.js'
import type { ScenarioResult } from './result.js'
import { firstVisit } from './scenarios/first-visit.js'
import { flood } from './scenarios/flood.js'
import { liveSession } from './scenarios/live-session.js'
import { login } from './scenarios/login.js'
import { logins } from './scenarios/logins.js'
import { logout } from './scenarios/logout.js'
import { sessions } from './scenarios/sessions.js'
import { sharedStores } from './scenarios/shared-stores.js'
import { storeVerbs } from './scenarios/store-verbs.js'
import { visitors } from './scenarios/visitors.js'

/** In the order in which they run. */
export const scenarios: Readonly<Record<string, (bench: Bench) => Promise<ScenarioResult>>> = {
  'live-session': liveSession,
  'first-visit': firstVisit,
  login,
  logout,
  logins,
  sessions,
  flood,
  visitors,
  'store-verbs': storeVerbs,
  'shared-stores': sharedStores
}

/** Runs one of them, and ends the processes that it has started. */
export async function runScenario(name: string, bench: Bench): Promise<ScenarioResult> {
  const scenario = scenarios[name]
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`)
  try {
    return await scenario(bench)
  } finally {
    await bench.close()
  }
}
