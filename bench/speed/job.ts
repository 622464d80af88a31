// Job: what one row sends to one server, and what its answers must be; plain data between processes.

/** Where a lane's requests come from. */
export type Bodies =
  /** Sent again and again. */
  | { same: string }
  /** Each is sent by one lane in its turn. */
  | { turns: readonly string[] }
  /** Each is sent once; a round ends when none is left. */
  | { once: readonly string[] }
  /**
   * What an answer says in `member` is sent next, between `before` and `after`. Each lane has as
   * many chains as there are of them for each.
   */
  | { chain: readonly string[]; lanes: number; member: string; before: string; after: string }

/** What every answer is held against. */
export type Expected = {
  status: number
  /** Texts that stand in each answer. */
  has: readonly string[]
  /** The member whose values must all differ. */
  fresh?: string
  /** The member that is a JWT, signed with ES256 by a key that stands at this path. */
  jwt?: { member: string; jwks: string }
}

/** Requests of one row to one server. */
export type Job = {
  port: number
  method: 'GET' | 'POST'
  path: string
  headers: Readonly<Record<string, string>>
  bodies: Bodies
  /** Connections, where they are not as many as usual. */
  lanes?: number
  expected: Expected
}

/** The first process of a server, and of its database where that is one of its own. */
export type Pids = { pid: number; databasePid?: number }

/** How a round is run. */
export type Pace = { lanes: number; warmUpSeconds: number; seconds: number }

/** What a round measured. */
export type Measured = {
  answers: number
  seconds: number
  /** Of all the server's processes; undefined where the system does not say it. */
  cpuSeconds?: number
  /** The same of its database's, where that is a server of its own. */
  databaseCpuSeconds?: number
  /** Memory of the server's processes when the round ended. */
  residentBytes?: number
  /** Milliseconds. */
  p50: number
  p99: number
}

/** What the process of the load is asked: to know a job, to run a round of it. */
export type Order = { define: string; job: Job; pids: Pids } | { run: string; pace: Pace }

/** What it answers. */
export type Report = { measured: Measured } | { wrong: string } | { defined: true }
