#!/usr/bin/env bash
# Finishes a root filesystem: prepare-rootfs.sh ROOT EPOCH DISABLED_SERVICES
set -e
root="$1" epoch="$2" disabled=" $3 "
export IPKG_INSTROOT="$root"
cd "$root"

# apk keeps scripts in an archive.
if [ -e lib/apk/db/scripts.tar.gz ]; then
	mkdir -p tmp/scripts
	tar -xzf lib/apk/db/scripts.tar.gz -C tmp/scripts
fi
for script in ./usr/lib/opkg/info/*.postinst ./tmp/scripts/*.post-install; do
	[ -e "$script" ] || continue
	bash "$script" || {
		echo "postinst script $script has failed with exit code $?" >&2
		exit 1
	}
done

for script in ./etc/init.d/*; do
	grep -q '^#!/bin/sh /etc/rc.common' "$script" || continue
	name="${script##*/}"
	case "$disabled" in
	*" $name "*)
		bash ./etc/rc.common "$script" disable
		echo "Disabling $name"
		;;
	*)
		bash ./etc/rc.common "$script" enable && echo "Enabling $name"
		;;
	esac
done

[ ! -e usr/lib/opkg/status ] || sed -i "s/^Installed-Time: .*/Installed-Time: $epoch/" usr/lib/opkg/status
rm -rf ./tmp/* ./usr/lib/opkg/info/*.postinst
find . -mindepth 1 -exec touch -h -d "@$epoch" {} +
