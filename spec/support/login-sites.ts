import { randomUUID } from 'node:crypto'

import { freePort } from './free-port.js'
import { type IdentityProvider, serveIdentityProvider } from './identity-provider.js'
import { runRecipe, type RunningRecipe } from './recipe.js'

/** A recipe that sends its users to another site to log in, and that site. */
export interface RunningSite {
  readonly provider: IdentityProvider
  readonly recipe: RunningRecipe
  readonly url: string
}

/** The recipe, and a real provider that knows it. */
export async function runSite(name: string): Promise<RunningSite> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const provider = await serveIdentityProvider(`${url}/callback`)
  const { issuer, clientId, clientSecret } = provider
  const environment = {
    ISSUER: issuer,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    BASE_URL: url,
    PORT: String(port),
    SECRET: randomUUID()
  }
  return { provider, url, recipe: await runRecipe(`${name}/server.ts`, environment) }
}

export async function endSite({ provider, recipe }: RunningSite): Promise<void> {
  await recipe.program.kill()
  provider.close()
}
