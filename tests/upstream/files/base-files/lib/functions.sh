#!/bin/sh
# What package scripts rely on; also runs while an image is assembled, with IPKG_INSTROOT set.

add_line() {
	grep -q "^$2:" "$IPKG_INSTROOT$1" || echo "$3" >> "$IPKG_INSTROOT$1"
}

# user=UID:group=GID
add_user() {
	local user="${1%%:*}" group="${1#*:}"
	add_line /etc/group "${group%%=*}" "${group%%=*}:x:${group#*=}:${user%%=*}"
	add_line /etc/passwd "${user%%=*}" "${user%%=*}:x:${user#*=}:${group#*=}:${user%%=*}:/var/run/${user%%=*}:/bin/false"
	add_line /etc/shadow "${user%%=*}" "${user%%=*}:x:0:0:99999:7:::"
}

default_postinst() {
	local name control user
	name="$(basename "${1%.postinst}")"
	control="$IPKG_INSTROOT/usr/lib/opkg/info/$name.control"
	for user in $(sed -n 's/^Require-User: //p' "$control" 2>/dev/null); do
		add_user "$user"
	done
	[ -n "$IPKG_INSTROOT" ] && return 0
	local script
	for script in $(grep '^/etc/init.d/' "/usr/lib/opkg/info/$name.list"); do
		"$script" enable
		"$script" start
	done
	return 0
}

default_prerm() {
	local name script
	name="$(basename "${1%.prerm}")"
	for script in $(grep '^/etc/init.d/' "$IPKG_INSTROOT/usr/lib/opkg/info/$name.list"); do
		[ -n "$IPKG_INSTROOT" ] || "$script" stop
	done
	return 0
}
