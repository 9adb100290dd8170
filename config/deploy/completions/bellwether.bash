# Completion for bash. Verbs and options are read from the program's own help, so they are those of the
# version that is installed.
_bellwether() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verbs=() word text
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            [a-z]*) verbs+=("$word") ;;
            *) break ;;
        esac
        [[ $word == plugin || $word == key || $word == budget || $word == config ]] || break
    done
    case $previous in
        -c | --config | inspect)
            compopt -o default
            return
            ;;
        --by)
            mapfile -t COMPREPLY < <(compgen -W "model key user team provider route day" -- "$current")
            return
            ;;
        --model | -m | --models | --filter | --url | --key | --team | --expires) return ;;
        --admin | --since | --until | --zone | --top) return ;;
    esac
    text=$("${COMP_WORDS[0]}" "${verbs[@]}" --help 2>/dev/null) || return
    if [[ $current == -* ]]; then
        text=$(grep -oE '^  -[^ ]+' <<<"$text" | grep -oE -e '--[a-z-]+')
    else
        text=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$text")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$text" -- "$current")
}
complete -F _bellwether bellwether
