// Tests of the keys that clients register.

import { generateKeyPairSync } from 'node:crypto'
import { DIALECTS } from '@patois/core'
import { expect, test } from 'vitest'
import { readConfiguration } from '../configuration.ts'
import { jwkFault } from './jwk.ts'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const publicJwk = { ...ec.publicKey.export({ format: 'jwk' }) }

test('public keys of the accepted algorithms are taken', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const ed = generateKeyPairSync('ed25519').publicKey
  for (const key of [publicJwk, rsa.export({ format: 'jwk' }), ed.export({ format: 'jwk' })]) {
    expect(jwkFault({ ...key, kid: 'a', use: 'sig' })).toBeUndefined()
  }
})

test('private and symmetric keys are refused', () => {
  expect(jwkFault({ ...ec.privateKey.export({ format: 'jwk' }) })).toMatch(/private/)
  expect(jwkFault({ kty: 'oct', k: 'c2VjcmV0' })).toMatch(/private/)
})

test('weak, foreign, wrongly labelled and broken keys are refused', () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
  expect(jwkFault({ ...short.export({ format: 'jwk' }) })).toMatch(/2048/)
  expect(jwkFault({ ...other.export({ format: 'jwk' }) })).toMatch(/P-256/)
  expect(jwkFault({ ...publicJwk, alg: 'HS256' })).toMatch(/ES256/)
  expect(jwkFault({ ...publicJwk, x: 'AA' })).toMatch(/cannot be read/)
  expect(jwkFault({ kty: 'EC', crv: 'constructor' })).toBeDefined()
})

test('two keys of a client have two names', () => {
  const key = { ...publicJwk, kid: 'a' }
  const client = {
    client_id: 'svc',
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [key, key] },
  }
  const text = JSON.stringify({ issuer: 'https://id.example', clients: [client] })
  const result = readConfiguration({ text, env: {}, dev: false, dialects: DIALECTS })
  expect(result).toEqual({
    ok: false,
    faults: ['clients[0].jwks: has two keys with the same kid'],
  })
})
