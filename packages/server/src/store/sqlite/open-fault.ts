// What keeps a database from being opened, in a sentence for whoever starts the server.

/** By what the system calls it, and by SQLite's own numbers. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  EISDIR: 'it is a folder',
  ENOTDIR: 'what should be its folder is a file',
  EEXIST: 'what should be its folder is a file',
  ENOSPC: 'the disk is full',
  8: 'this user may not write there',
  11: 'it is damaged',
  13: 'the disk is full',
  14: 'this user may not write there',
  26: 'it is another kind of file',
}

/** The error to throw for one of the system or of SQLite; sentences of our own stay as they are. */
export function openFault(path: string, error: unknown): unknown {
  const { code, errcode } = error as { code?: string; errcode?: number }
  const reason = REASONS[errcode === undefined ? (code ?? '') : errcode & 0xff]
  if (reason === undefined) return error
  return new Error(`The database ${path} cannot be opened: ${reason}.`, { cause: error })
}
