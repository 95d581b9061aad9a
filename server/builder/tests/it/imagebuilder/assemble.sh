# Writes a pretended image: everything a real one would be made of, as text.
profile=$1 bin=$2 files=$3 partsize=$4 filesystem=$5 services=$6
image=openwrt-24.10.2-ath79-generic-$profile-squashfs-sysupgrade.bin
mkdir -p "$bin"
if grep -q '^huge ' root.manifest; then
	echo "WARNING: Image file /x/$image is too big: 16777217 > 16187392" >&2
	exit 0
fi
if grep -q '^linked ' root.manifest; then
	leak=/dev/null
	ln -s "$(sed -n 's/^folder //p' rules.mk)/secret" "$bin/$image"
fi
{
	cat root.manifest repositories.conf
	echo "partsize $partsize filesystem $filesystem without $services"
	if [ -e fetched ]; then cat fetched; fi
	echo "keys $(ls keys)"
	if [ -e "$files/etc/config" ]; then cat "$files/etc/config/"*; fi
	if [ -n "$files" ]; then cat "$files/etc/uci-defaults/99-asu-defaults"; fi
} > "${leak:-$bin/$image}"
cp root.manifest "$bin/openwrt-24.10.2-ath79-generic-$profile.manifest"
cat > "$bin/profiles.json" <<JSON
{"arch_packages":"mips_24kc","default_packages":["base-files"],"metadata_version":1,
"profiles":{"$profile":{"device_packages":["kmod-usb2"],"image_prefix":"openwrt-24.10.2-ath79-generic-$profile",
"images":[{"filesystem":"squashfs","name":"$image","sha256":"0000","sha256_unsigned":"0000","type":"sysupgrade"}],
"supported_devices":["tplink,archer-c7-v5"],"titles":[{"model":"Archer C7","variant":"v5","vendor":"TP-Link"}]}},
"source_date_epoch":1750000000,"target":"ath79/generic","version_code":"r28739-d9340319c6","version_number":"24.10.2"}
JSON
