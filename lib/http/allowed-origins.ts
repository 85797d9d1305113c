/** Which origins of other sites are allowed. A list of them is a `Set`. */
export interface AllowedOrigins {
  has(origin: string): boolean
}

/**
 * A host's own answer, of which only `true` allows. Anything else but `false`, a promise above all, refuses, with one warning: it is a mistake that would
 * otherwise let every site in.
 */
export function allowedBy(isAllowed: (origin: string) => unknown): AllowedOrigins {
  let isToldOf = false
  return {
    has(origin) {
      const answer = ask(isAllowed, origin)
      if (typeof answer !== 'boolean' && !isToldOf) {
        isToldOf = true
        process.emitWarning('allowedOrigins must return true or false, and no promise: the origin was refused', {
          code: 'EXPRESS_4D_DIRECTORY_ALLOWED_ORIGINS'
        })
      }
      return answer === true
    }
  }
}

function ask(isAllowed: (origin: string) => unknown, origin: string): unknown {
  try {
    const answer = isAllowed(origin)
    // Nobody waits for it, so nobody would catch its rejection, which ends the process.
    if (answer instanceof Promise) answer.catch(() => undefined)
    return answer
  } catch (error) {
    return error
  }
}
