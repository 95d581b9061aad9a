#!/usr/bin/env bash
# Makes the images of one device: build-image.sh ROOT BIN_DIR. The Makefile exports the rest.
set -e
root="$1" bin_dir="$2"
kernel="$KDIR/kernel.bin"
rootfs="$KDIR/tmp/root.squashfs"

mksquashfs "$root" "$rootfs" -noappend -no-progress -all-root -no-xattrs -comp xz -b 256K >/dev/null

# Copies a file, filled up to whole erase blocks.
blocks() {
	dd if="$1" bs=64k conv=sync status=none
}

# Removes an image that does not fit, with a warning; the other images are still made.
fits() {
	local size
	size="$(stat -c %s "$1")"
	[ "$DEVICE_LIMIT" = 0 ] || [ "$size" -le $((DEVICE_LIMIT * 1024)) ] || {
		echo "WARNING: Image file $1 is too big: $size > $((DEVICE_LIMIT * 1024))" >&2
		rm -f "$1"
		return 1
	}
}

disk() {
	disk-image --kernel "$kernel" --rootfs "$rootfs" --mib "$ROOTFS_PARTSIZE" "$@"
}

for kind in $DEVICE_IMAGES; do
	case "$kind" in
	combined | combined-efi | rootfs) name="$DEVICE_IMAGE_PREFIX-squashfs-$kind.img" ;;
	*) name="$DEVICE_IMAGE_PREFIX-squashfs-$kind.bin" ;;
	esac
	image="$KDIR/tmp/$name"
	case "$kind" in
	sysupgrade)
		{ blocks "$kernel"; blocks "$rootfs"; } >"$image"
		fits "$image" || continue
		image-metadata >"$image.json"
		fwtool -I "$image.json" "$image"
		;;
	factory)
		{ blocks "$kernel"; blocks "$rootfs"; } >"$image"
		fits "$image" || continue
		;;
	combined) disk "$image" ;;
	combined-efi) disk --efi "$image" ;;
	rootfs) cp "$rootfs" "$image" ;;
	esac
	case "$name" in
	*.img) gzip -9n <"$image" >"$bin_dir/$name.gz" && rm "$image" ;;
	*) cp "$image" "$bin_dir/$name" ;;
	esac
done
