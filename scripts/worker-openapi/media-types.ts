const json = /^application\/([a-z-.]+\+)?json(;\s*[a-zA-Z0-9-]+=([^;]+))*$/i
const multipart = /^multipart\/form-data(;\s?boundary=[a-zA-Z0-9'"()+_,\-./:=?]+)?$/i
const urlencoded = /^application\/x-www-form-urlencoded(;\s*[a-zA-Z0-9-]+=([^;]+))*$/i

export const isJson = (type: string): boolean => /^application\/([a-z-.]+\+)?json/i.test(type)

export const isForm = (type: string): boolean =>
  /^(multipart\/form-data|application\/x-www-form-urlencoded)/i.test(type)

/** Whether what was sent is of one of the media types. */
export const isOneOf = (types: string[], sent: string): boolean =>
  types.some((type) => {
    if (type === "*/*") return true
    if (isJson(type)) return json.test(sent)
    if (isForm(type)) return multipart.test(sent) || urlencoded.test(sent)
    const essence = (sent.split(";")[0] as string).trim().toLowerCase()
    return type.endsWith("/*")
      ? essence.startsWith(type.slice(0, -1).toLowerCase())
      : essence === type.toLowerCase()
  })
