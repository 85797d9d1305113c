import type { DirectoryProvider, DirectoryUser } from '../../lib/index.js'

/** Lets anybody in whose password is `right`, without hashing anything: for specs of what comes after the password. */
export const trustingProvider: DirectoryProvider = {
  authenticate: (credentials) =>
    Promise.resolve('password' in credentials && credentials.password === 'right' ? personNamed(credentials.userName) : null),
  belongsTo: () => Promise.resolve(false)
}

export function personNamed(userName: string): DirectoryUser {
  return { ID: `ID of ${userName}`, userName, fullName: `${userName} in full` }
}
