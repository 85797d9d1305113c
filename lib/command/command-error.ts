/** The work cannot be done: shown as one line, exit code 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
}

/** The arguments are wrong: shown with the command's help, exit code 2. */
export class UsageError extends CommandError {
  override readonly name = 'UsageError'
}

/** Imports what needs a package that the user has to have installed, or says how to get it. */
export async function importWithPeer<T>(name: string, purpose: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const isMissing = (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(error).includes(`'${name}'`)
    if (!isMissing) throw error
    throw new CommandError(`${purpose} needs the package ${name}, which is not installed: npm install ${name}`)
  }
}

/**
 * Runs what checks its options by itself. Its TypeError becomes a `UsageError` in which the options have their names of the command line, so that each
 * check is made in one place.
 */
export function checkedByPackage<T>(namesOnCommandLine: Readonly<Record<string, string>>, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error
    const renamed = Object.entries(namesOnCommandLine).reduce((message, [name, option]) => {
      return message.replace(new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}(?!\\w)`), option)
    }, error.message)
    throw new UsageError(renamed)
  }
}
