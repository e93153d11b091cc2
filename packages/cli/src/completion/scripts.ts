// Completion scripts: each hands the words to `flotilla __complete`, which answers one candidate a line. Where it has
// none the shell's own names of files are offered. A candidate that ends with `=` goes on: no space follows it.
import { FlotillaError } from '@flotilla/machinery/errors'

const bash = `# flotilla completion for bash
_flotilla() {
  local candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    COMPREPLY+=("$candidate")
  done < <(flotilla __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}
complete -o default -F _flotilla flotilla
`

const zsh = `#compdef flotilla
_flotilla() {
  local -a candidates open
  candidates=(\${(f)"$(flotilla __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#candidates} == 0 )); then
    _files
    return
  fi
  open=(\${(M)candidates:#*=})
  candidates=(\${candidates:#*=})
  compadd -a candidates
  compadd -S '' -a open
}
if [ "$funcstack[1]" = "_flotilla" ]; then _flotilla; else compdef _flotilla flotilla; fi
`

const fish = `# flotilla completion for fish
function __flotilla_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l candidates (flotilla __complete -- $words[2..-1] 2>/dev/null)
  if test (count $candidates) -gt 0
    printf '%s\\n' $candidates
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c flotilla -f -a '(__flotilla_complete)'
`

const scripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

export const shells: readonly string[] = [...scripts.keys()]

/** Throws Invalid for another shell. */
export function completionScript(shell: string): string {
  const script = scripts.get(shell)
  if (script !== undefined) return script
  throw new FlotillaError('Invalid', `Cannot complete for ${shell}: there are scripts for ${shells.join(', ')}`)
}
