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

# What a package is called, by its script's name or, for apk, by what its script says.
package_name() {
	echo "${pkgname:-$(basename "${1%.*}")}"
}

# The paths of a package.
package_files() {
	cat "$IPKG_INSTROOT/usr/lib/opkg/info/$1.list" "$IPKG_INSTROOT/lib/apk/packages/$1.list" 2>/dev/null
}

# Users that a package asks for.
package_users() {
	sed -n 's/^Require-User: //p' "$IPKG_INSTROOT/usr/lib/opkg/info/$1.control" 2>/dev/null
	cat "$IPKG_INSTROOT/lib/apk/packages/$1.rusers" 2>/dev/null
}

# Links PATH to the TARGET of highest priority among all "PRIORITY:PATH:TARGET"; opkg does this itself.
link_alternatives() {
	local line path rest best
	for line in $(cat "$IPKG_INSTROOT/lib/apk/packages/$1.alternatives" 2>/dev/null); do
		rest="${line#*:}" path="${rest%%:*}"
		best="$(cat "$IPKG_INSTROOT"/lib/apk/packages/*.alternatives | grep ":$path:" | sort -n | tail -n 1)"
		mkdir -p "$IPKG_INSTROOT${path%/*}"
		ln -sf "${best#*:*:}" "$IPKG_INSTROOT$path"
	done
}

default_postinst() {
	local name user script
	name="$(package_name "$1")"
	for user in $(package_users "$name"); do
		add_user "$user"
	done
	link_alternatives "$name"
	[ -n "$IPKG_INSTROOT" ] && return 0
	for script in $(package_files "$name" | grep '^/etc/init.d/'); do
		"$script" enable
		"$script" start
	done
	return 0
}

default_prerm() {
	local name script
	name="$(package_name "$1")"
	for script in $(package_files "$name" | grep '^/etc/init.d/'); do
		[ -n "$IPKG_INSTROOT" ] || "$script" stop
	done
	return 0
}
