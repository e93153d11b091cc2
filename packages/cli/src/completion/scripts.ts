// Completion scripts: each hands the words to `flotilla __complete`, which answers one candidate a line.
import { FlotillaError } from '@flotilla/machinery/errors'

const bash = `# flotilla completion for bash
_flotilla() {
  local cur="\${COMP_WORDS[COMP_CWORD]}"
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(flotilla __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$cur"))
}
complete -o default -F _flotilla flotilla
`

const zsh = `#compdef flotilla
_flotilla() {
  local -a candidates
  candidates=("\${(@f)$(flotilla __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -a candidates
}
if [ "$funcstack[1]" = "_flotilla" ]; then _flotilla; else compdef _flotilla flotilla; fi
`

const fish = `# flotilla completion for fish
function __flotilla_complete
  set -l words (commandline -opc) (commandline -ct)
  flotilla __complete -- $words[2..-1] 2>/dev/null
end
complete -c flotilla -f -a '(__flotilla_complete)'
`

const scripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

/** Throws Invalid for another shell. */
export function completionScript(shell: string): string {
  const script = scripts.get(shell)
  if (script !== undefined) return script
  throw new FlotillaError(
    'Invalid',
    `Cannot complete for ${shell}: there are scripts for ${[...scripts.keys()].join(', ')}`,
  )
}
