// The same application as it is often written: each line looks right, and each story breaks one.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function openApp(p, { folder } = {}) {
  const file = folder && join(folder, 'tokens.json')
  let memory
  const read = () => {
    if (!file) return memory
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  }
  const write = (tokens) => {
    if (file) writeFileSync(file, JSON.stringify(tokens ?? null))
    else memory = tokens
  }
  const ask = async (fields) => {
    const authorization = `Basic ${btoa(`${p.client.id}:${p.client.secret}`)}`
    const answer = await p.fetch(`${p.issuer}/token`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(fields),
    })
    const tokens = await answer.json()
    return { ...tokens, endsAt: p.clock.now() + tokens.expires_in }
  }
  const refresh = async () => {
    const { refresh_token } = read()
    const fresh = await ask({ grant_type: 'refresh_token', refresh_token })
    write({ ...fresh, refresh_token })
  }
  const callWithToken = async () => {
    const headers = { authorization: `Bearer ${read().access_token}` }
    return p.fetch(`${p.issuer}/userinfo`, { headers })
  }
  return {
    async signIn(visit) {
      const verifier = randomBytes(32).toString('base64url')
      const url = new URL(`${p.issuer}/authorize`)
      url.search = new URLSearchParams({
        client_id: p.client.id,
        redirect_uri: p.client.redirectUri,
        response_type: 'code',
        scope: 'openid offline_access',
        state: 'state-1',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      })
      const back = await visit(url.href)
      write(
        await ask({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code'),
          code_verifier: verifier,
          redirect_uri: p.client.redirectUri,
        }),
      )
      return read().access_token
    },
    async call() {
      if (!read()) return 'sign in again'
      try {
        if (read().endsAt <= p.clock.now()) await refresh()
        let answer = await callWithToken()
        if (answer.status === 401) {
          await refresh()
          answer = await callWithToken()
        }
        return answer.ok ? 'fine' : 'refused'
      } catch {
        write(undefined)
        return 'sign in again'
      }
    },
  }
}

export function openApi() {
  return async (authorization) => (authorization?.startsWith('Bearer ') ? 200 : 401)
}
