// Rules for what an operation reads: nothing secret in a URL, nothing that lowers a check.

import { LIST_FIELDS, SECRET_FIELDS } from '../oauth.ts'
import { type Found, type OperationDraft, type SpotDraft, spotsOf, when } from './draft.ts'
import { LIST_FORMS } from './lists.ts'
import { partNames } from './paths.ts'

const SECRETS: readonly string[] = SECRET_FIELDS
const LISTS: readonly string[] = LIST_FIELDS

/** Headers that have a meaning of their own. */
const MEANT_HEADERS = /^(authorization|cookie|host|content-.*|transfer-encoding|origin|forwarded)$/

/** What an operation cannot do its work without, or only less safely. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorize: ['client_id', 'code_challenge', 'code_challenge_method', 'redirect_uri'],
  token: ['client_id'],
  revoke: ['client_id', 'token'],
  introspect: ['client_id', 'token'],
  userinfo: ['access_token'],
}

const NEEDED_BY_GRANT: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'code_verifier'],
  refresh_token: ['refresh_token'],
  password: ['username', 'password'],
}

/** All that is wrong with what an operation reads, below the operation's path. */
export function requestFaults(operation: OperationDraft): Found {
  const spots = spotsOf(operation.reads)
  return [
    ...spots.flatMap((spot) => spotFaults(spot, operation)),
    ...addressFaults(operation),
    ...neededFaults(operation),
    ...placeFaults(operation),
    ...methodFaults(operation),
  ]
}

/** What is wrong with it for whoever calls it: all that a dialect which is not served has to keep. */
export function callFaults(
  operation: OperationDraft,
  variables: Readonly<Record<string, string>> = {},
): Found {
  const spots = spotsOf(operation.reads)
  return [
    ...spots.flatMap(formFaults),
    ...sharedFaults(spots),
    ...meantFaults(operation),
    ...partFaults(operation, spots, variables),
    ...addedFaults(operation, spots),
    ...namedFaults(operation),
  ]
}

function spotFaults({ owner, place, name }: SpotDraft, operation: OperationDraft): Found {
  const path = `reads.${owner}`
  const isUrl = place === 'query' || place === 'path'
  const { methods = ['POST'] } = operation
  const isBody = place === 'form' || place === 'json'
  const isLink = place === 'query' || place === 'form'
  const isPage =
    operation.does === 'logout' || (operation.does === 'authorize' && !operation.isCall)
  const isHeader = place === 'header'
  return [
    ...when(
      isUrl && SECRETS.includes(owner),
      path,
      `is a secret and must not stand in the ${place}`,
    ),
    ...when(
      place === 'query' && !SECRETS.includes(owner) && SECRETS.includes(name),
      path,
      `must not be called ${name} in a query`,
    ),
    // Any page can send a form or a link; JSON only a script that its own origin lets do so.
    ...when(
      operation.isCall === true && isLink,
      path,
      'must stand in the json, the path or a header',
    ),
    ...when(isPage && place === 'json', path, 'stands in JSON, which no form of a page sends'),
    ...when(isBody && !methods.includes('POST'), path, `stands in a body, and GET has none`),
    ...when(isHeader && MEANT_HEADERS.test(name), path, `must not stand in the header ${name}`),
    ...when(isHeader && !/^[a-z0-9_-]+$/.test(name), path, 'must name its header in lower case'),
  ]
}

function formFaults({ owner, place, name, form }: SpotDraft): Found {
  const path = `reads.${owner}`
  const repeats = form === 'list' && place !== 'query' && place !== 'form'
  const isList = LIST_FORMS.includes(form)
  return [
    ...when(repeats, path, 'must not have the form list there: only queries and forms repeat'),
    ...when(LISTS.includes(owner) && !isList, path, 'must have the form of a list'),
    ...when(!LISTS.includes(owner) && isList, path, 'is text and has no form of a list'),
    ...when(/^basic/.test(place) && owner !== name, path, `must be called ${owner} there`),
  ]
}

// Two fields out of one spot would be one value with two meanings.
function sharedFaults(spots: readonly SpotDraft[]): Found {
  return spots.flatMap(({ owner, place, name }, index) => {
    const other = spots.slice(0, index).find((one) => one.place === place && one.name === name)
    return when(other !== undefined, `reads.${owner}`, `stands where ${other?.owner} stands`)
  })
}

// A request that waits for its user to sign in waits as an address.
function addressFaults({ does, isCall, reads = {} }: OperationDraft): Found {
  if (does !== 'authorize' || isCall) return []
  return Object.entries(reads).flatMap(([name, spots]) => {
    const [first = ''] = [spots].flat()
    return when(!first.startsWith('query '), `reads.${name}`, 'must stand in the query first')
  })
}

function neededFaults(operation: OperationDraft): Found {
  const { does = '', isCall, grants, reads = {}, needs = [], means = {} } = operation
  const served = does === 'token' ? (grants ?? ['authorization_code', 'refresh_token']) : []
  const wanted = [...(NEEDED[does] ?? []), ...served.flatMap((one) => NEEDED_BY_GRANT[one] ?? [])]
  const has = (name: string) => Object.hasOwn(reads, name) || Object.hasOwn(means, name)
  const must = [
    ...wanted.filter((name) => !Object.hasOwn(reads, name)),
    ...(does === 'token' && !has('grant_type') ? ['grant_type'] : []),
    ...(does === 'authorize' && !has('response_type') ? ['response_type'] : []),
    // Whoever is sent on with an answer has to know what they asked.
    ...(does === 'authorize' && !isCall && !has('state') ? ['state'] : []),
  ]
  return [
    ...[...new Set(must)].map((name) => [`reads.${name}`, 'is needed'] as const),
    ...needs.flatMap((name) => when(!has(name), 'needs', `names ${name}, which is not read`)),
  ]
}

function meantFaults({ does, grants, reads = {}, means = {} }: OperationDraft): Found {
  const served = grants ?? []
  return [
    ...Object.entries(means).flatMap(([name, value]) => [
      ...when(Object.hasOwn(reads, name), `means.${name}`, 'must not be read as well'),
      ...when(
        Array.isArray(value) !== LISTS.includes(name),
        `means.${name}`,
        LISTS.includes(name) ? 'must be a list' : 'must be text',
      ),
    ]),
    ...when(grants !== undefined && does !== 'token', 'grants', 'is for token operations only'),
    ...when(
      typeof means.grant_type === 'string' && !served.includes(means.grant_type),
      'means.grant_type',
      'must be one of its grants',
    ),
  ]
}

function partFaults(
  { path = '', at = '' }: OperationDraft,
  spots: readonly SpotDraft[],
  variables: Readonly<Record<string, string>>,
): Found {
  const parts = partNames(path)
  const read = spots.filter(({ place }) => place === 'path')
  const isMeant = (part: string) =>
    read.some(({ name }) => name === part) || Object.hasOwn(variables, part)
  const inOrigin = [...at.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const strange = inOrigin.filter((name) => !Object.hasOwn(variables, name))
  return [
    ...strange.map((name) => ['at', `has {${name}}, not in variables`] as const),
    ...parts.flatMap((name, index) => [
      ...when(!isMeant(name), 'path', `has {${name}}, which nothing reads`),
      ...when(parts.indexOf(name) !== index, 'path', `has {${name}} twice`),
    ]),
    ...read.flatMap(({ owner, name }) =>
      when(!parts.includes(name), `reads.${owner}`, `needs {${name}} in the path`),
    ),
  ]
}

// What is added must not stand where a field does, nor say what only the caller's software may.
function addedFaults({ adds = {} }: OperationDraft, spots: readonly SpotDraft[]): Found {
  return Object.keys(adds).flatMap((added) => {
    const [place = '', name = ''] = added.split(' ')
    const other = spots.find((one) => one.place === place && one.name === name)
    const isMeant = place === 'header' && name !== 'accept' && MEANT_HEADERS.test(name)
    return [
      ...when(other !== undefined, `adds.${added}`, `stands where ${other?.owner} stands`),
      ...when(isMeant, `adds.${added}`, 'is not a dialect’s to say'),
    ]
  })
}

function namedFaults({ does, grants = [], names = {} }: OperationDraft): Found {
  return Object.entries(names).flatMap(([name, grant]) =>
    when(
      grant !== 'any' && !(does === 'token' && grants.includes(grant)),
      `names.${name}`,
      'must be any, or one of its grants',
    ),
  )
}

function placeFaults({ does, path = '' }: OperationDraft): Found {
  const wellKnown = path.startsWith('/.well-known/')
  return [
    // What is not metadata is refused there when it is mounted.
    ...when(does === 'metadata' && !wellKnown, 'path', 'of metadata must begin with /.well-known/'),
    ...when(does !== 'metadata' && wellKnown, 'path', 'below /.well-known is for metadata only'),
  ]
}

const BY_POST = ['token', 'revoke', 'introspect']

function methodFaults({ does = '', isCall = false, methods = [] }: OperationDraft): Found {
  const isPost = BY_POST.includes(does)
  const isGet = does === 'jwks' || does === 'metadata'
  return [
    ...when(isPost && methods.includes('GET'), 'methods', 'must be POST alone: it carries secrets'),
    ...when(isCall && does !== 'authorize', 'isCall', 'is for authorize only'),
    ...when(isCall && methods.includes('GET'), 'methods', 'must be POST alone: it is a call'),
    ...when(isGet && methods.includes('POST'), 'methods', 'must be GET alone'),
    ...when(new Set(methods).size < methods.length, 'methods', 'must name each method once'),
  ]
}
