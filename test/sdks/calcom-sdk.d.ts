// The part of @calcom/sdk that the tests call; the package ships no types.

declare module '@calcom/sdk' {
  /** What an exchange gives. */
  type Tokens = { accessToken: string; refreshToken: string }

  /** The SDK's client. */
  export class Cal {
    constructor(clientId: string, auth: { clientSecret: string }, options: { baseUrl: string })
    oauth: { exchange(params: { authorizationCode: string }): Promise<Tokens> }
  }
}
