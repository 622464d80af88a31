// The table of metrics: name, kind, labels and meaning; the meter counts them, the docs list them.

/** How the figures of several processes become one; sums, where nothing is said. */
export type Across = 'sum' | 'max' | 'min' | 'first'

/** One row of the table. */
export type Metric = {
  readonly name: string
  /** A counter only grows, a gauge is read when somebody asks, a histogram sorts by size. */
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  /** The upper bounds of a histogram. */
  readonly bounds?: readonly number[]
  readonly across?: Across
  readonly meaning: string
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

// No label has values that callers choose: dialects, operations, statuses and reasons are counted.
/** Every metric of our own; a new one is one row here and a line where it happens. */
export const METRICS = [
  {
    name: 'patois_build_info',
    kind: 'gauge',
    labels: ['version', 'node'],
    across: 'first',
    meaning: 'Always 1; the labels say what runs.',
  },
  {
    name: 'patois_ready',
    kind: 'gauge',
    labels: [],
    across: 'min',
    meaning: '1 while `/readyz` answers 200, 0 otherwise.',
  },
  {
    name: 'patois_requests_total',
    kind: 'counter',
    labels: ['dialect', 'operation', 'status', 'reason'],
    meaning:
      'Requests that reached an operation or a page, by what was decided and why: `ok`, `unavailable`, `bug`, or a [reason](reasons.md).',
  },
  {
    name: 'patois_request_duration_seconds',
    kind: 'histogram',
    labels: ['dialect', 'operation'],
    bounds: SECONDS,
    meaning:
      'From the end of the headers of those requests until their answer had left, or their caller.',
  },
  {
    name: 'patois_connections',
    kind: 'gauge',
    labels: [],
    meaning: 'Open connections of callers and proxies.',
  },
  {
    name: 'patois_connections_limit',
    kind: 'gauge',
    labels: [],
    meaning: 'How many connections there may be; beyond that new ones are refused.',
  },
  {
    name: 'patois_queue_waiting',
    kind: 'gauge',
    labels: ['queue'],
    meaning:
      'What waits at this moment: plans to be written (`store`), reads of PostgreSQL (`reads`), passwords to be hashed (`passwords`), documents to be fetched (`documents`).',
  },
  {
    name: 'patois_queue_limit',
    kind: 'gauge',
    labels: ['queue'],
    meaning: 'How many may wait in that queue; beyond that the answer is 503.',
  },
  {
    name: 'patois_queue_refused_total',
    kind: 'counter',
    labels: ['queue'],
    meaning: 'What found that queue full.',
  },
  {
    name: 'patois_store_batch_plans',
    kind: 'histogram',
    labels: [],
    bounds: [1, 2, 5, 10, 20, 50, 100],
    meaning: 'Plans that were written together; the sum is all plans, the count all transactions.',
  },
  {
    name: 'patois_store_batch_duration_seconds',
    kind: 'histogram',
    labels: [],
    bounds: SECONDS,
    meaning: 'How long writing them took, tries that failed included.',
  },
  {
    name: 'patois_store_retries_total',
    kind: 'counter',
    labels: [],
    meaning:
      'What PostgreSQL was asked again, after a conflict of transactions or a lost connection.',
  },
  {
    name: 'patois_store_connections',
    kind: 'gauge',
    labels: ['state'],
    meaning:
      'Connections to PostgreSQL that are `busy` or `idle`, and callers that wait for one (`waiting`).',
  },
  {
    name: 'patois_password_duration_seconds',
    kind: 'histogram',
    labels: [],
    bounds: SECONDS,
    meaning: 'How long a password was hashed, without the wait before.',
  },
  {
    name: 'patois_document_fetches_total',
    kind: 'counter',
    labels: ['outcome'],
    meaning: 'Key sets and other documents that were fetched (`ok`) or could not be (`failed`).',
  },
  {
    name: 'patois_document_fetch_duration_seconds',
    kind: 'histogram',
    labels: [],
    bounds: SECONDS,
    meaning: 'How long those fetches took, with the wait for a lane of their host.',
  },
  {
    name: 'patois_sweeper_rows_total',
    kind: 'counter',
    labels: [],
    meaning: 'Rows that were removed because nobody can need them any more.',
  },
  {
    name: 'patois_sweeper_timestamp_seconds',
    kind: 'gauge',
    labels: [],
    across: 'max',
    meaning:
      'When this server last finished sweeping, in Unix time; 0 before. Of several servers one sweeps.',
  },
  {
    name: 'patois_signing_key_timestamp_seconds',
    kind: 'gauge',
    labels: ['kind'],
    across: 'max',
    meaning: 'Since when the current key of a kind signs, in Unix time; 0 while there is none.',
  },
  {
    name: 'patois_worker_starts_total',
    kind: 'counter',
    labels: [],
    meaning: 'Workers that were started, replacements included; with `workers` alone.',
  },
  {
    name: 'patois_workers',
    kind: 'gauge',
    labels: [],
    meaning: 'Workers that answer; with `workers` alone.',
  },
] as const satisfies readonly Metric[]

/** The name of a metric of this kind. */
export type MetricName<K extends Metric['kind']> = Extract<
  (typeof METRICS)[number],
  { kind: K }
>['name']
