# Puts the packages an image is asked for into its root file system, as opkg does.
selected="base-files dropbear ppp kmod-usb2"
for package in "$@"; do
	case "$package" in
	-*) selected=$(printf '%s\n' $selected | grep -vxF -e "${package#-}") ;;
	no-such)
		echo "Unknown package '$package'."
		echo "Collected errors:" >&2
		echo " * opkg_install_cmd: Cannot install package $package." >&2
		exit 255 ;;
	cut-off)
		echo " * opkg_download: Failed to download http://mirror/x.ipk, wget returned 4." >&2
		exit 255 ;;
	slow)
		seconds=$(sed -n 's/^sleep //p' rules.mk)
		sleep "${seconds:-77}" ;;
	naps) sleep 0.5 ;;
	hostile-*) bash hostile.sh "${package#hostile-}" >&2 || exit ;;
	fetch) bash fetch.sh ;;
	waits)
		gate=$(sed -n 's/^gate //p' rules.mk)
		echo waiting >> "$gate.reached"
		until [ -e "$gate" ]; do sleep 0.05; done ;;
	*) selected="$selected $package" ;;
	esac
done
root=build_dir/target-mips_24kc_musl/root-ath79/usr/lib/opkg
mkdir -p "$root"
for package in $selected; do
	printf 'Package: %s\nVersion: 1.0-1\nArchitecture: all\n' "$package"
	[ "$package" = libubox20240329 ] && echo "ABIVersion: 20240329"
	echo
done > "$root/status"
printf '%s - 1.0-1\n' $selected | sort > root.manifest
