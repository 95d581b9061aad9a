#!/bin/sh
# The subcommands of OpenWrt's uci that first-boot scripts here use, for machines without it. Keeps
# one line `KEY=VALUE` an option in $UCI_CONFIG_DIR/CONFIG.flat; `@type[0]` is a section's name.
quiet=; [ "$1" = -q ] && { quiet=1; shift; }
verb=$1 key=${2%%=*} value=${2#*=}
file=$UCI_CONFIG_DIR/${key%%.*}.flat
[ -e "$file" ] || : >"$file"
# @type[0] is the first section of that type, if it has a name.
case $key in
	*.@*'[0]'*)
		kind=${key#*.@} rest=${key#*]}
		kind=${kind%%\[*}
		named=$(sed -n "s/^\([^.]*\.[^.=@]*\)=$kind\$/\1/p" "$file" | head -n 1)
		[ -z "$named" ] || key=$named$rest ;;
esac
line() { awk -v key="$key" 'index($0, key "=") == 1 { print substr($0, length(key) + 2); exit }' "$file"; }
without() { awk -v key="$key" 'index($0, key "=") != 1 && index($0, key ".") != 1' "$file"; }
case $verb in
	get) found=$(line); [ -n "$found" ] && echo "$found" ;;
	set) kept=$(awk -v key="$key" 'index($0, key "=") != 1' "$file"); printf '%s\n%s=%s\n' "$kept" "$key" "$value" | sed '/^$/d' >"$file" ;;
	delete) [ -n "$(line)" ] && { kept=$(without); printf '%s\n' "$kept" | sed '/^$/d' >"$file"; } ;;
	changes | commit) ;;
	*) echo "uci: no $verb here" >&2; exit 64 ;;
esac
