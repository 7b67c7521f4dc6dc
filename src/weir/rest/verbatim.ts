import type { Resource } from "../resource/resource.ts"

/** What of a body is kept as text: JSON columns, or documents whole. */
export const verbatimOf = ({ json, document }: Resource): ReadonlySet<string> | "whole" =>
  document ? "whole" : json
