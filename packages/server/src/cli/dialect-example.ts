// Examples: each operation of a dialect as it looks on the wire, with made-up values.

import {
  type Answer,
  type Dialect,
  type Facts,
  type Fields,
  type Message,
  type Operation,
  REASONS,
  type Reason,
  redirectParameters,
  withQuery,
  writeAnswer,
  writeRefusal,
  writeRequest,
} from '@patois/core'

const NOW = 1_800_000_000
const HOST = 'id.example.com'
const ISSUER = `https://${HOST}`
const REDIRECT = 'https://app.example.com/callback'

const FIELDS: Fields = {
  access_token: 'ACCESS-TOKEN',
  client_id: 'CLIENT-ID',
  client_secret: 'CLIENT-SECRET',
  code: 'CODE',
  code_challenge: 'CODE-CHALLENGE',
  code_challenge_method: 'S256',
  code_verifier: 'CODE-VERIFIER',
  id_token_hint: 'ID-TOKEN',
  post_logout_redirect_uri: 'https://app.example.com/bye',
  redirect_uri: REDIRECT,
  refresh_token: 'REFRESH-TOKEN',
  response_type: 'code',
  scope: ['openid', 'email'],
  state: 'STATE',
  token: 'TOKEN',
  username: 'alice',
  password: 'PASSWORD',
}

/** What a token call of each grant type sends besides what says who calls. */
const OF_GRANT: Readonly<Record<string, readonly (keyof Fields)[]>> = {
  authorization_code: ['code', 'redirect_uri', 'code_verifier'],
  refresh_token: ['refresh_token'],
  client_credentials: ['scope'],
  password: ['username', 'password', 'scope'],
}

/** The field without which a call of a grant type is nothing. */
const CREDENTIAL: Readonly<Record<string, keyof Operation['reads']>> = {
  authorization_code: 'code',
  refresh_token: 'refresh_token',
  password: 'password',
}

const TOKEN: Facts = {
  access_token: 'ACCESS-TOKEN',
  token_type: 'Bearer',
  access_expires_at: NOW + 3600,
  refresh_token: 'REFRESH-TOKEN',
  refresh_expires_at: NOW + 86_400,
  scope: ['openid', 'email'],
  id_token: 'ID-TOKEN',
}

const PERSON: Facts = {
  sub: 'SUBJECT',
  preferred_username: 'alice',
  name: 'Alice Example',
  email: 'alice@example.com',
  email_verified: true,
}

const FACTS: Readonly<Record<Operation['does'], Facts>> = {
  authorize: { code: 'CODE', scope: ['openid', 'email'], state: 'STATE', iss: ISSUER },
  token: TOKEN,
  revoke: {},
  introspect: { active: true, sub: 'SUBJECT', client_id: 'CLIENT-ID', scope: 'openid email' },
  userinfo: PERSON,
  logout: {},
  jwks: { keys: [] },
  metadata: { issuer: ISSUER },
}

const REFUSED: Partial<Record<Operation['does'], Reason>> = {
  authorize: 'redirect_mismatch',
  token: 'code_expired',
  revoke: 'client_secret_wrong',
  introspect: 'client_secret_wrong',
  userinfo: 'token_expired',
  logout: 'hint_wrong',
}

/** The grant types that can be asked for here: those whose credential is read. */
function grantsOf({ grants = Object.keys(OF_GRANT), reads }: Operation): string[] {
  return grants.filter((grant) => {
    const credential = CREDENTIAL[grant]
    return credential === undefined || reads[credential] !== undefined
  })
}

/** Fields of a call of this operation, with a grant type where it has one. */
function fieldsOf(operation: Operation, grant: string | undefined): Fields {
  const ofGrants = Object.values(OF_GRANT).flat()
  const sent =
    grant === undefined ? undefined : [...(OF_GRANT[grant] ?? []), ...(operation.needs ?? [])]
  const wanted = Object.entries(FIELDS).filter(([name]) => {
    const isOfGrant = ofGrants.includes(name as keyof Fields)
    return sent === undefined || !isOfGrant || sent.includes(name as keyof Fields)
  })
  return { ...Object.fromEntries(wanted), ...(grant !== undefined && { grant_type: grant }) }
}

function headerLines(headers: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}

function bodyText(text: string): string[] {
  if (text === '') return []
  const isJson = text.startsWith('{')
  return ['', isJson ? JSON.stringify(JSON.parse(text), null, 2) : text]
}

function requestText({ method, path, query, headers, body }: Message): string {
  const line = `${method} ${path}${query === '' ? '' : `?${query}`} HTTP/1.1`
  const lines = [line, `host: ${HOST}`, ...headerLines(headers)]
  return [...lines, ...bodyText(new TextDecoder().decode(body))].join('\n')
}

function answerText({ status, headers, body }: Answer): string {
  return [`HTTP/1.1 ${status}`, ...headerLines(headers), ...bodyText(body)].join('\n')
}

function goodText(operation: Operation): string {
  const facts = FACTS[operation.does]
  const answer = writeAnswer(operation, facts, NOW)
  const { 'content-type': _, ...headers } = answer.headers
  if (operation.does === 'authorize') {
    const location = withQuery(REDIRECT, redirectParameters(operation, facts))
    return answerText({ ...answer, headers: { ...headers, location }, body: '' })
  }
  if (operation.does !== 'logout') return answerText(answer)
  const location = withQuery('https://app.example.com/bye', { state: 'STATE' })
  return answerText({ ...answer, headers: { ...headers, location }, body: '' })
}

type Variables = Readonly<Record<string, string>>

function refusalText(operation: Operation, reason: Reason, variables: Variables): string {
  const { code, says } = REASONS[reason]
  const { path } = writeRequest(operation, FIELDS, variables)
  const at = { at: NOW, path, clientId: 'CLIENT-ID' }
  return answerText(writeRefusal(operation, { code, sentence: says, reason, ...at }, ISSUER))
}

function partsOf(name: string, operation: Operation, variables: Variables): string[] {
  const { does, means } = operation
  const grants = does === 'token' ? grantsOf(operation) : [undefined]
  const requests = grants.map((grant) => {
    const fields = { ...fieldsOf(operation, grant), ...means }
    const title = grant === undefined ? name : `${name}, ${grant}`
    return `## ${title}\n\n${requestText(writeRequest(operation, fields, variables))}`
  })
  const reason = REFUSED[does]
  const refusal = reason
    ? [`### refused: ${reason}\n\n${refusalText(operation, reason, variables)}`]
    : []
  return [...requests, `### answered\n\n${goodText(operation)}`, ...refusal]
}

/** Every operation of a dialect: its requests, a good answer and a refusal. */
export function exampleOf({ name, title, operations, variables = {} }: Dialect): string {
  const filled = Object.fromEntries(
    Object.entries(variables).map(([part, value]) => [part, value || part.toUpperCase()]),
  )
  const parts = Object.entries(operations).flatMap(([one, operation]) =>
    partsOf(one, operation, filled),
  )
  return `${[`# ${name}: ${title}`, ...parts].join('\n\n')}\n`
}
