/**
 * Whether the specs that need this server can run. Where `SPEC_REQUIRE` lists it (`SPEC_REQUIRE=redis,postgres`, in CI) it has to be there; elsewhere
 * they are skipped.
 */
export function isServerThere(name: string, isThere: boolean, debianPackage: string): boolean {
  const isRequired = (process.env['SPEC_REQUIRE'] ?? '').split(',').includes(name)
  if (!isThere && isRequired) throw new Error(`SPEC_REQUIRE lists ${name}, but it is not there: apt-get install ${debianPackage}`)
  return isThere
}
