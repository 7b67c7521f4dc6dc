// What zod/v4/classic/external.js exports, without its core and locales, and its converters from and to JSON Schema.
import { config } from "zod/v4/core"
import en from "zod/v4/locales/en.js"

config(en())

export {
  $brand,
  $input,
  $output,
  clone,
  compile,
  config,
  flattenError,
  formatError,
  getDiscriminatedOption,
  globalRegistry,
  INVALID,
  NEVER,
  prettifyError,
  regexes,
  registry,
  TimePrecision,
  toZod,
  treeifyError,
  util,
  withParser,
  ZodCompileAsyncError,
  ZodCompileUnsupportedError,
} from "zod/v4/core"
export * from "../../node_modules/zod/v4/classic/checks.js"
export * as coerce from "../../node_modules/zod/v4/classic/coerce.js"
export * from "../../node_modules/zod/v4/classic/compat.js"
export { deepPartial } from "../../node_modules/zod/v4/classic/deep-partial.js"
export * from "../../node_modules/zod/v4/classic/errors.js"
export { input, output } from "../../node_modules/zod/v4/classic/in-out.js"
export * as iso from "../../node_modules/zod/v4/classic/iso.js"
export {
  ZodISODate,
  ZodISODateTime,
  ZodISODuration,
  ZodISOTime,
} from "../../node_modules/zod/v4/classic/iso.js"
export * from "../../node_modules/zod/v4/classic/parse.js"
export * from "../../node_modules/zod/v4/classic/schemas.js"
