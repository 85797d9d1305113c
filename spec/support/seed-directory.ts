import { digest4D, type GroupRecord, type UserRecord } from '../../lib/index.js'

/** The people of the seeds. Their hashes are 4D digests, so that a spec that is not about hashing waits for none but the topping up. */
export const users = [
  { ID: '12F169764253481E89F0E4EA8C1D791A', userName: 'jsmith', fullName: 'John Smith', passwordHash: digest4D('smith') },
  { ID: '6A1B7D3C59E84F02A1D3C5B7E9F80214', userName: 'kind user', fullName: 'Kind User', passwordHash: digest4D('test') },
  { ID: '0F9E8D7C6B5A49382716059483726150', userName: 'john', fullName: 'John', passwordHash: digest4D('123') }
] as const satisfies readonly UserRecord[]

/** `Everybody` holds `Sales` and `Administrators`. */
export const groups = [
  { ID: '88BAF858143D4B13B26AF48C7A5A7A68', name: 'Sales', users: ['jsmith'] },
  { ID: '5D2C1B0A99884F77A6655443322110FF', name: 'Administrators', users: ['john'] },
  { ID: '1122334455667788AABBCCDDEEFF0011', name: 'Everybody', users: ['kind user'], groups: ['Sales', 'Administrators'] }
] as const satisfies readonly GroupRecord[]
