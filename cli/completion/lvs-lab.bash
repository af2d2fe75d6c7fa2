# Completion of lvs-lab for bash: eval "$(npx lvs-lab completion bash)"
# The words go to `lvs-lab complete` as they were typed, as arguments: nothing in them is expanded or run.

_lvs_lab() {
	local first=1
	if [[ ${COMP_WORDS[0]} == npx ]]; then
		if [[ $COMP_CWORD -eq 1 ]]; then
			if [[ lvs-lab == "${COMP_WORDS[1]}"* ]]; then COMPREPLY=(lvs-lab); fi
			return
		fi
		if [[ ${COMP_WORDS[1]} != lvs-lab ]]; then
			compopt -o default
			return
		fi
		first=2
	fi

	# bash breaks words at = and :, lvs-lab does not.
	local -a words=()
	local index word joined=
	for ((index = first; index <= COMP_CWORD; index++)); do
		word=${COMP_WORDS[index]}
		if [[ $joined || $word == [=:]* ]] && ((${#words[@]})); then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		joined=
		if [[ $word == [=:]* ]]; then joined=1; fi
	done
	# Of the last word bash replaces $2: what is after the break and before the cursor.
	local last=$((${#words[@]} - 1)) kept=
	if [[ ${words[last]} == *[=:]* ]]; then kept=${words[last]%"${words[last]##*[=:]}"}; fi
	words[last]=$kept$2

	local value rest
	while IFS=$'\t' read -r value rest; do
		case $value in
		:files) compopt -o default ;;
		:directories) compopt -o dirnames ;;
		*) COMPREPLY+=("${value#"$kept"}") ;;
		esac
	done < <(@LVS_LAB@ complete -- "${words[@]//[\"\'\\]/}" </dev/null 2>/dev/null)
}
complete -F _lvs_lab lvs-lab
if ! complete -p npx >/dev/null 2>&1; then complete -F _lvs_lab npx; fi
