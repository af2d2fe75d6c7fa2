# Completion of lvs-lab for fish: npx lvs-lab completion fish | source
# The words go to `lvs-lab complete` as they were typed, as arguments: nothing in them is expanded or run.

function __lvs_lab_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l last (commandline --current-token --cut-at-cursor)
    set -e words[1]
    if test "$argv[1]" = npx
        set -e words[1]
    end
    for line in (@LVS_LAB@ complete -- $words "$last" </dev/null 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$last"
            case :directories
                __fish_complete_directories "$last"
            case '*'
                echo $line
        end
    end
end

function __lvs_lab_by_npx
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    test (count $words) -ge 2; and test "$words[2]" = lvs-lab
end

complete --command lvs-lab --no-files --arguments '(__lvs_lab_complete)'
complete --command npx --condition 'test (count (commandline -opc)) -eq 1' --arguments lvs-lab
complete --command npx --condition __lvs_lab_by_npx --no-files --arguments '(__lvs_lab_complete npx)'
