// The public names for APIs that take access tokens, nothing else.

export { expressGuard, fastifyGuard, guardRequest, honoGuard } from './adapters.ts'
export {
  type Access,
  type Denied,
  type Guard,
  type GuardOptions,
  guard,
  type Verdict,
  type Verifier,
} from './guard.ts'
export { type IntrospectedAccess, introspectedAccess } from './introspection.ts'
export { type JwtAccess, jwtAccess } from './jwt.ts'
