// Copy: gives each command a button that copies it.

/**
 * Copies a text, and says so on the button that was pressed.
 *
 * @param {HTMLButtonElement} button
 * @param {string} text
 * @param {string} copied
 */
export async function copy(button, text, copied) {
  await navigator.clipboard.writeText(text)
  const label = button.textContent
  button.textContent = copied
  setTimeout(() => {
    button.textContent = label
  }, 1500)
}

/**
 * Adds the buttons below an element; `words` says what stands on them.
 *
 * @param {ParentNode} below
 * @param {DOMStringMap} words
 */
export function addCopyButtons(below, words) {
  for (const command of below.querySelectorAll('.command')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = words.copy ?? ''
    const text = command.textContent ?? ''
    button.addEventListener('click', () => void copy(button, text, words.copied ?? ''))
    command.before(button)
  }
}
