import { CommandError } from './run-with-options.js'

/** Loads a package that the user has to have installed, or says how to. */
export async function loadPeer<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new CommandError(`${purpose} needs the package ${name}, which is not installed: npm install ${name}`)
  }
}
