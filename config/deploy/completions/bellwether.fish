# Completion for fish. Verbs and options are read from the program's own help, so they are those of the
# version that is installed.
function __bellwether_choices
    set -l words (commandline -opc)
    set -l verbs
    for word in $words[2..-1]
        string match -qr '^[a-z]' -- $word; or break
        set -a verbs $word
        contains -- $word plugin key budget config; or break
    end
    set -l text ($words[1] $verbs --help 2>/dev/null)
    if string match -q -- '-*' (commandline -ct)
        string match -r '^  -\S+' -- $text | string match -ar -- '--[a-z-]+'
    else
        printf '%s\n' $text | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\)  *\(.*\)/\1\t\2/p'
    end
end
complete -c bellwether -f -a '(__bellwether_choices)'
complete -c bellwether -s c -l config -r -F
complete -c bellwether -n '__fish_seen_subcommand_from inspect' -F
complete -c bellwether -n '__fish_seen_subcommand_from usage' -l by -x -a 'model key user team provider route day'
