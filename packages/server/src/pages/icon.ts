// The mark of the pages in a browser's tab: the speech bubble of the word mark.

/** The icon, served at `assets/patois.svg`; its green can be told from light and from dark tabs. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path fill="#2c9f86" d="M16 2a14 14 0 1 1 0 28H5.4A3.4 3.4 0 0 1 2 26.6V16A14 14 0 0 1 16 2Z"/>
</svg>
`
