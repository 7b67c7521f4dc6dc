import { servers } from "../global-setup.ts"

export default servers("issuer")
