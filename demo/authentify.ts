import type { Request } from 'express'

/** The function by which applications of 4D 20 R6 and later log in: called by `POST $catalog/authentify` with `[{"name": "jsmith", "password": "smith"}]`. */
export async function authentify([credentials]: readonly unknown[], req: Request): Promise<boolean> {
  const { name, password } = Object(credentials) as { readonly name?: unknown; readonly password?: unknown }
  if (typeof name !== 'string' || typeof password !== 'string') return false
  // Through `login`, so that guessing is slowed down here as well.
  return (await req.directory.login({ userName: name, password })) !== null
}
