// Header: what an Authorization header says of a client (Basic) or carries (Bearer).

/** The halves of a Basic header, decoded and as they came. */
export type Basic = {
  client_id: string
  client_secret: string
  rawId: string
  rawSecret: string
}

const ASCII = /^[\x20-\x7e]*$/

/** The halves of a Basic header; undefined for any other header and for one that is no UTF-8. */
export function readBasic(header: string | undefined): Basic | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header ?? '')?.[1]
  if (!encoded) return undefined
  try {
    const text = textOf(atob(encoded))
    const at = text.indexOf(':')
    if (at < 0) return undefined
    const [id, secret] = [text.slice(0, at), text.slice(at + 1)]
    return {
      client_id: decodeHalf(id),
      client_secret: decodeHalf(secret),
      rawId: id,
      rawSecret: secret,
    }
  } catch {
    return undefined
  }
}

// Most names and secrets are ASCII, whose bytes are its characters: 4 µs less than by way of bytes.
function textOf(binary: string): string {
  if (ASCII.test(binary)) return binary
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

// RFC 6749 §2.3.1 form-encodes both halves; one that cannot be decoded was surely sent raw.
function decodeHalf(half: string): string {
  if (!/[%+]/.test(half)) return half
  try {
    return decodeURIComponent(half.replaceAll('+', ' '))
  } catch {
    return half
  }
}

/** The Basic header of a client: form-encoded (RFC 6749 §2.3.1), or raw where a dialect has it so. */
export function writeBasic(id: string, secret: string, isRaw = false): string {
  const pair = isRaw ? `${id}:${secret}` : `${encodeHalf(id)}:${encodeHalf(secret)}`
  const bytes = new TextEncoder().encode(pair)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

function encodeHalf(half: string): string {
  return encodeURIComponent(half).replaceAll('%20', '+')
}

/** The token of a Bearer header (RFC 6750 §2.1); undefined for any other header. */
export function readBearer(header: string | undefined): string | undefined {
  return /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header ?? '')?.[1]
}

/** Whatever an Authorization header carries, with or without the word Bearer in front. */
export function readAuthorization(header: string | undefined): string | undefined {
  return header?.replace(/^bearer\b/i, '').trim() || undefined
}
