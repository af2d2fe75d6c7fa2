#compdef lvs-lab
# Completion of lvs-lab for zsh: eval "$(npx lvs-lab completion zsh)", after compinit
# The words go to `lvs-lab complete` as they were typed, as arguments: nothing in them is expanded or run.

_lvs_lab() {
	local first=2 line
	if [[ $words[1] == npx ]]; then
		if ((CURRENT == 2)); then
			compadd lvs-lab
			return
		fi
		if [[ $words[2] != lvs-lab ]]; then
			_default
			return
		fi
		first=3
	fi

	# (Q) takes quotes away.
	local -a typed candidates
	typed=("${(@Q)words[first,CURRENT-1]}" "${(Q)PREFIX}")
	local files=
	for line in "${(@f)$(@LVS_LAB@ complete -- "${typed[@]}" </dev/null 2>/dev/null)}"; do
		case $line in
		:files) files=_files ;;
		:directories) files='_files -/' ;;
		?*) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
		esac
	done
	if ((${#candidates})); then _describe lvs-lab candidates && return; fi
	if [[ -n $files ]]; then
		if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
		${=files}
	fi
}
if ((${+functions[compdef]})); then
	compdef _lvs_lab lvs-lab
	if ((!${+_comps[npx]})); then compdef _lvs_lab npx; fi
else
	print -u2 "lvs-lab: completion needs compinit first. Fix: autoload -Uz compinit && compinit"
fi
