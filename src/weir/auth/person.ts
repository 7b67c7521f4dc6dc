/** Who has signed in with a provider. */
export interface Person {
  issuer: string
  subject: string
  /** The address, where the provider has verified it. */
  email?: string | undefined
  /** What the person may be called here, the best first. */
  names: string[]
}

/** The provider has refused the code, or what it says does not hold. Its message is read after the provider's name. */
export class ProviderRefusal extends Error {}

/** Longest address that the table of identities holds. */
const maxAddress = 254

/** An address that somebody else has verified, as far as a table can hold it. */
export const verifiedAddress = (address: unknown, isVerified: unknown): string | undefined =>
  isVerified === true &&
  typeof address === "string" &&
  address.length <= maxAddress &&
  !address.includes("\0")
    ? address
    : undefined
