// Usernames: the one way to write each, so that no two of them mean the same person (after RFC 8265).

/**
 * The form in which a name is kept and compared: neither case nor width nor outer spaces count.
 * Folding it again changes nothing.
 */
export function foldUsername(text: string): string {
  // Lower case may bring letters that compose anew.
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').trim()
}
