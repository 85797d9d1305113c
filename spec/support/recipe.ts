import { resolve } from 'node:path'

import { Program } from './program.js'

/** A recipe that runs, and where it listens. */
export interface RunningRecipe {
  readonly program: Program
  readonly url: string
}

/** Runs a recipe as its comment says, on a free port. The caller ends it. */
export async function runRecipe(path: string, environment: Readonly<Record<string, string>> = {}): Promise<RunningRecipe> {
  const variables = Object.entries({ PORT: '0', ...environment }).map(([name, value]) => `${name}=${value}`)
  const program = new Program('env', ...variables, process.execPath, '--import', 'tsx', resolve('demo/recipes', path))
  try {
    const [, url = ''] = await program.says(/Listening on (http:\S+)/)
    return { program, url }
  } catch (error) {
    await program.kill()
    throw error
  }
}
