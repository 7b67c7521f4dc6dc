/**
 * The salt in the hashes of accounts that nobody has given a password, in base64 as PHC strings have it: no other hash has
 * it, since salts are random.
 */
export const noPasswordSalt = "d2VpcjpubyBwYXNzd29yZA"
