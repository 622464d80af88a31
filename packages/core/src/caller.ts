// What whoever calls a server of a dialect needs: requests to write, answers to hear, the types.

export type { Deed, Dialect, Operation, Presents } from './dialects/dialect.ts'
export { type Heard, type HeardRefusal, hearAnswer, hearRedirect, type Said } from './hear.ts'
export type { ErrorCode, Facts, FieldName, Fields, GivenFields, ListField } from './oauth.ts'
export { LIST_FIELDS, SECRET_FIELDS } from './oauth.ts'
export { splitScope } from './scope.ts'
export { type Message, writeRequest } from './wire.ts'
