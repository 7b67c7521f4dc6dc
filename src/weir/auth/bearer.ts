/**
 * The token of an `Authorization` header. Undefined for another scheme, which says nothing of the viewer, such as the
 * Basic of a proxy; null where the header is malformed.
 */
export function tokenOf(header: string): string | undefined | null {
  const token = /^Bearer +(\S+) *$/i.exec(header)?.[1]
  if (token !== undefined) return token
  const [, scheme] = /^([\w!#$%&'*+.^`|~-]+) +\S/.exec(header) ?? []
  return scheme === undefined || /^bearer$/i.test(scheme) ? null : undefined
}
