// Demo: the lines that get a token from dev mode's own client, written by the dialects themselves.

import { type Dialect, type Fields, type Message, type Operation, writeRequest } from '@patois/core'
import type { Demo } from '../emulator/demo.ts'
import { baseOf, type Mount, type Site } from './site.ts'

/** A line to copy, and what it gets. */
export type DemoCommand = { dialect: string; title: string; command: string }

function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A request as a curl line. */
export function curl(site: Site, mount: Mount, message: Message): string {
  const url = baseOf(site, mount) + message.path
  const query = message.query === '' ? '' : `?${message.query}`
  return ['curl -s', ...headersOf(message), ...bodyOf(message), quote(url + query)].join(' ')
}

function bodyOf({ body, headers, method }: Message): string[] {
  const text = new TextDecoder().decode(body)
  if (text === '') return method === 'POST' ? ['-X POST'] : []
  const pieces = headers['content-type'] === FORM ? text.split('&') : [text]
  return pieces.map((piece) => `-d ${shellText(piece)}`)
}

// What curl writes by itself is left to it: the type of a form, and Basic for plain names.
function headersOf({ headers }: Message): string[] {
  return Object.entries(headers).flatMap(([name, value = '']) => {
    if (name === 'content-type' && value === FORM) return []
    const basic = name === 'authorization' ? /^Basic (.+)$/.exec(value)?.[1] : undefined
    const pair = basic && atob(basic)
    if (pair && /^[\w.~:-]+$/.test(pair)) return [`-u ${pair}`]
    return [`-H ${shellText(`${name}: ${value}`)}`]
  })
}

const CODE = 'CODE-COMES-HERE'
const FORM = 'application/x-www-form-urlencoded'

// A code that comes out of another command stands in double quotes, so that the shell runs it.
function shellText(text: string): string {
  if (!text.includes(CODE)) return quote(text)
  return `"${text.replace(/["\\$`]/g, '\\$&').replace(CODE, '{code}')}"`
}

/** The operation that serves a grant type. */
export function operationFor(dialect: Dialect, grantType: string): Operation | undefined {
  return Object.values(dialect.operations).find(
    ({ does, grants }: Operation) => does === 'token' && (grants?.includes(grantType) ?? true),
  )
}

function exchangeFields(dialect: Dialect, operation: Operation, demo: Demo, code: string): Fields {
  const scope = ['openid', ...Object.keys(dialect.scopes ?? {})]
  return {
    grant_type: 'authorization_code',
    client_id: demo.clientId,
    client_secret: demo.clientSecret,
    code,
    redirect_uri: demo.redirectUri,
    code_verifier: demo.verifier,
    ...(operation.needs?.includes('scope') && { scope }),
  }
}

/** The line that exchanges a code that has arrived. */
export function exchangeCommand(site: Site, demo: Demo, code: string): string | undefined {
  const mount = site.stations[0]?.mount
  const operation = mount && operationFor(mount.dialect, 'authorization_code')
  if (!mount || !operation) return undefined
  const fields = exchangeFields(mount.dialect, operation, demo, code)
  return curl(site, mount, writeRequest(operation, fields, mount.dialect.variables))
}

function mintLine(site: Site, dialect: string): string {
  const first = site.stations[0]?.mount.dialect.name
  const asked = dialect === first ? '{}' : JSON.stringify({ dialect })
  const url = `${site.origin}${site.base}/dev/code`
  return `$(curl -s -H 'content-type: application/json' -d '${asked}' ${url})`
}

/** For each dialect the lines that really return a token. */
export function commandsOf(site: Site, demo: Demo): DemoCommand[] {
  const mounts = [...new Set(site.stations.map(({ mount }) => mount))]
  return mounts.flatMap((mount) => {
    const lines = { client_credentials: clientLine, authorization_code: codeLine }
    return Object.entries(lines).flatMap(([title, line]) => {
      const operation = operationFor(mount.dialect, title)
      const command = operation && line(site, mount, operation, demo)
      return command ? [{ dialect: mount.dialect.name, title, command }] : []
    })
  })
}

function clientLine(site: Site, mount: Mount, operation: Operation, demo: Demo): string {
  const { clientId: client_id, clientSecret: client_secret } = demo
  const fields = { client_id, client_secret, grant_type: 'client_credentials' }
  return curl(site, mount, writeRequest(operation, fields, mount.dialect.variables))
}

function codeLine(site: Site, mount: Mount, operation: Operation, demo: Demo): string {
  const { dialect } = mount
  const fields = exchangeFields(dialect, operation, demo, CODE)
  const line = curl(site, mount, writeRequest(operation, fields, dialect.variables))
  return line.replace('{code}', mintLine(site, dialect.name))
}

/** Where a person starts a sign-in for the demo client. */
export function signInUrl(site: Site, demo: Demo): string {
  const station = site.stations.find(({ operation }) => operation.does === 'authorize')
  if (!station) return `${site.base}/login`
  const fields = {
    client_id: demo.clientId,
    redirect_uri: demo.redirectUri,
    response_type: 'code',
    scope: ['openid', 'profile', 'email', 'offline_access'],
    code_challenge: demo.challenge,
    code_challenge_method: 'S256',
    state: 'demo',
    // Somebody else may be signed in here, and the printed lines may have remembered a consent;
    // whoever tries it wants to see both pages.
    prompt: 'login consent',
  }
  const { variables } = station.mount.dialect
  const { path, query } = writeRequest(station.operation, fields, variables)
  return `${site.base}${station.mount.at}${path}?${query}`
}
