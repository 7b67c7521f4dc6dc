import { isSocket, type PostgresTarget, PostgresUrlError } from "./postgres-url.ts"

/** What postgres.js takes as `ssl`: a mode, or options of `tls.connect`. */
type Ssl = boolean | "require" | "allow" | "prefer" | "verify-full" | Record<string, unknown>

/** Reads a file of certificates. Absent where there are no files. */
export type ReadFile = (path: string) => string

/**
 * TLS as libpq's `sslmode` has it: `require` encrypts; `verify-ca` and `verify-full` check the certificate, against the
 * runtime's own roots where `sslrootcert` names none, and `verify-full` the host's name as well. Throws one line where
 * a file cannot be read.
 */
export function sslOf(target: PostgresTarget, readFile: ReadFile | undefined): Ssl {
  const { hosts = ["localhost"], sslFiles, sslMode, sslMinVersion } = target
  const isSystem = sslFiles.root === "system"
  // As in libpq: a root certificate is there to be checked.
  const mode = isSystem ? "verify-full" : sslFiles.root && sslMode === "require" ? "verify-ca" : sslMode
  if (isSocket(target) || mode === undefined || mode === "disable") return false
  const file = (name: "sslrootcert" | "sslcert" | "sslkey", path: string | undefined) =>
    path === undefined ? undefined : readPem(name, path, readFile)
  const options = {
    ca: isSystem ? undefined : file("sslrootcert", sslFiles.root),
    cert: file("sslcert", sslFiles.cert),
    key: file("sslkey", sslFiles.key),
    minVersion: sslMinVersion,
    // Node would check the certificate against `localhost` where the host is an address.
    host: mode === "verify-full" && hosts.length === 1 && isAddress(hosts[0]) ? hosts[0] : undefined,
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  // libpq tries without TLS first for `allow`; encrypted where the server can is as good.
  if (mode === "allow" || mode === "prefer") return "prefer"
  if (mode === "require" && given.length === 0) return "require"
  if (mode === "verify-full" && given.length === 0) return "verify-full"
  return {
    ...Object.fromEntries(given),
    rejectUnauthorized: mode !== "require",
    ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  }
}

const isAddress = (host: string | undefined): boolean => /^[\d.]+$|:/.test(host ?? "")

function readPem(name: string, path: string, readFile: ReadFile | undefined): string {
  if (!readFile) throw new PostgresUrlError(`has ${name}, and there are no files here`)
  try {
    return readFile(path)
  } catch (error) {
    throw new PostgresUrlError(`has ${name}, and it cannot be read: ${(error as Error).message}`)
  }
}
