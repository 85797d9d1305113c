import { hashPassword, StaticProvider } from 'express-4d-directory'

/** The accounts of the seeds, with their passwords, which a real app of course keeps to itself. */
export const accounts = [
  { ID: '12F169764253481E89F0E4EA8C1D791A', userName: 'jsmith', fullName: 'John Smith', password: 'smith', groups: 'Sales' },
  { ID: '6A1B7D3C59E84F02A1D3C5B7E9F80214', userName: 'kind user', fullName: 'Kind User', password: 'test', groups: '-' },
  { ID: '0F9E8D7C6B5A49382716059483726150', userName: 'john', fullName: 'John', password: '123', groups: 'Administrators' }
] as const

const groups = [
  { ID: '88BAF858143D4B13B26AF48C7A5A7A68', name: 'Sales', users: ['jsmith'] },
  { ID: '5D2C1B0A99884F77A6655443322110FF', name: 'Administrators', users: ['john'] },
  { ID: '1122334455667788AABBCCDDEEFF0011', name: 'Staff', groups: ['Sales', 'Administrators'] }
] as const

export async function seedProvider(): Promise<StaticProvider> {
  const users = accounts.map(async ({ ID, userName, fullName, password }) => {
    return { ID, userName, fullName, passwordHash: await hashPassword(password) }
  })
  return new StaticProvider({ users: await Promise.all(users), groups })
}
