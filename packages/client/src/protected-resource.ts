// Protected resource: an API as it describes itself, and where tokens for it come from (RFC 9728).

import { type DocumentOptions, findDocument } from './document.ts'
import { Unreadable } from './errors.ts'

/** What an API says of itself (RFC 9728 §2). */
export type ResourceMetadata = Readonly<Record<string, unknown>> & { readonly resource: string }

/** How an API's metadata is looked for. */
export type ResourceOptions = DocumentOptions & {
  /** Where a challenge of the API says that it is. */
  at?: string | undefined
}

const NAME = '/.well-known/oauth-protected-resource'

// §3.1 puts the name in front of a path; an API for a whole host has it without one.
function addressesOf(url: string): string[] {
  const { origin, pathname, search } = new URL(url)
  const path = (pathname === '/' ? '' : pathname) + search
  return [...new Set([origin + NAME + path, origin + NAME])]
}

/**
 * Finds out whose tokens an API takes. Throws Unreachable and Unreadable; the latter too when the
 * document is of another API (§3.3), which would have tokens made for itself.
 */
export async function discoverResource(
  url: string,
  { at, ...options }: ResourceOptions = {},
): Promise<ResourceMetadata> {
  const addresses = at === undefined ? addressesOf(url) : [at]
  const found = await findDocument(addresses, 'resource', 'protected_resource', options)
  const { document, came, about } = found
  const { resource } = document
  if (typeof resource !== 'string' || !covers(resource, url)) {
    throw new Unreadable(`the metadata is of ${String(resource)}`, came, about)
  }
  return { ...document, resource }
}

/** True when an address is the resource, or lies below it. */
function covers(resource: string, url: string): boolean {
  if (!URL.canParse(resource)) return false
  const [whole, part] = [new URL(resource), new URL(url)]
  const path = whole.pathname.replace(/\/?$/, '/')
  return whole.origin === part.origin && `${part.pathname}/`.startsWith(path)
}
