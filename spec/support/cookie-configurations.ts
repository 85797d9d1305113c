import type { DirectoryRouterOptions } from '../../lib/index.js'

/** One way of setting the cookie up, and what it should then look like. */
export interface CookieConfiguration {
  readonly what: string
  readonly options: Partial<DirectoryRouterOptions>
  /** `<id>` stands for the value. */
  readonly setCookie: string
  readonly deletion: string
  /** Where a browser is, that it keeps the cookie for. */
  readonly page: string
}

export const cookieConfigurations: readonly CookieConfiguration[] = [
  {
    what: 'the defaults over HTTP',
    options: {},
    setCookie: 'WASID4D=<id>; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax',
    deletion: 'WASID4D=; Max-Age=0; Path=/',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: 'secure: true',
    options: { cookie: { secure: true } },
    setCookie: 'WASID4D=<id>; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure',
    deletion: 'WASID4D=; Max-Age=0; Path=/; Secure',
    page: 'https://shop.example.com/rest/'
  },
  {
    what: 'another name and path',
    options: { cookie: { name: 'WASID', path: '/rest' } },
    setCookie: 'WASID=<id>; Max-Age=3600; Path=/rest; HttpOnly; SameSite=Lax',
    deletion: 'WASID=; Max-Age=0; Path=/rest',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: 'a domain',
    options: { cookie: { domain: 'example.com' } },
    setCookie: 'WASID4D=<id>; Max-Age=3600; Path=/; Domain=example.com; HttpOnly; SameSite=Lax',
    deletion: 'WASID4D=; Max-Age=0; Path=/; Domain=example.com',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: "sameSite: 'strict'",
    options: { cookie: { sameSite: 'strict' } },
    setCookie: 'WASID4D=<id>; Max-Age=3600; Path=/; HttpOnly; SameSite=Strict',
    deletion: 'WASID4D=; Max-Age=0; Path=/',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: "sameSite: 'none', partitioned",
    options: { cookie: { sameSite: 'none', secure: true, partitioned: true } },
    setCookie: 'WASID4D=<id>; Max-Age=3600; Path=/; HttpOnly; SameSite=None; Partitioned; Secure',
    deletion: 'WASID4D=; Max-Age=0; Path=/; SameSite=None; Partitioned; Secure',
    page: 'https://shop.example.com/rest/'
  },
  {
    what: 'the prefix __Host-',
    options: { cookie: { name: '__Host-WASID4D', secure: true } },
    setCookie: '__Host-WASID4D=<id>; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax; Secure',
    deletion: '__Host-WASID4D=; Max-Age=0; Path=/; Secure',
    page: 'https://shop.example.com/rest/'
  },
  {
    what: 'the prefix __Secure- with a domain and a path',
    options: { cookie: { name: '__Secure-WASID4D', secure: true, domain: 'example.com', path: '/rest' } },
    setCookie: '__Secure-WASID4D=<id>; Max-Age=3600; Path=/rest; Domain=example.com; HttpOnly; SameSite=Lax; Secure',
    deletion: '__Secure-WASID4D=; Max-Age=0; Path=/rest; Domain=example.com; Secure',
    page: 'https://shop.example.com/rest/'
  },
  {
    what: 'a secret',
    options: { cookie: { secrets: ['secret'] } },
    setCookie: 'WASID4D=s:<id>.<signature>; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax',
    deletion: 'WASID4D=; Max-Age=0; Path=/',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: 'persistent: false',
    options: { cookie: { persistent: false } },
    setCookie: 'WASID4D=<id>; Path=/; HttpOnly; SameSite=Lax',
    deletion: 'WASID4D=; Max-Age=0; Path=/',
    page: 'http://shop.example.com/rest/'
  },
  {
    what: 'half an hour of idle time',
    options: { session: { idleMinutes: 30 } },
    setCookie: 'WASID4D=<id>; Max-Age=1800; Path=/; HttpOnly; SameSite=Lax',
    deletion: 'WASID4D=; Max-Age=0; Path=/',
    page: 'http://shop.example.com/rest/'
  }
]
