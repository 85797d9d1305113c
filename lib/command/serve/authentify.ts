import type { Request } from 'express'

/** The function of the datastore by which applications of 4D 20 R6 and later log in, with the bodies of the vendor's examples. */
export async function authentify(args: readonly unknown[], req: Request): Promise<boolean> {
  const [userName, password] = typeof args[0] === 'object' && args[0] !== null ? membersOf(args[0]) : args
  if (typeof userName !== 'string' || typeof password !== 'string') return false
  return (await req.directory.login({ userName, password })) !== null
}

function membersOf(credentials: object): readonly unknown[] {
  const members: Readonly<Record<string, unknown>> = { ...credentials }
  const name = ['name', 'userName', 'username', 'identifier'].find((each) => typeof members[each] === 'string')
  return [name === undefined ? undefined : members[name], members['password']]
}
