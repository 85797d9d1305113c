import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

// Loaded before everything else (`node --import`): a host in FIPS mode, where OpenSSL has no digest that FIPS 140 does not approve, whoever asks for it.
const unapproved = /^(?:rsa-)?(?:md4|md5|md5-sha1|ripemd|ripemd160|rmd160|blake2.*|sm3)$/i

function refusing<T extends (algorithm: string, ...rest: never[]) => unknown>(original: T): T {
  function refuseUnapproved(algorithm: string, ...rest: never[]): unknown {
    if (!unapproved.test(algorithm)) return original(algorithm, ...rest)
    throw Object.assign(new Error('error:0308010C:digital envelope routines::unsupported'), { code: 'ERR_OSSL_EVP_UNSUPPORTED' })
  }
  return refuseUnapproved as T
}

const { createHash, createHmac } = crypto
Object.assign(crypto, { createHash: refusing(createHash), createHmac: refusing(createHmac) })
syncBuiltinESMExports()
