# Gets what each line of the first-boot script names, and tells what came of it: the status (000 for
# a transfer that broke), the path and the content's SHA-256.
while read -r path; do
	wget -t 1 -S -O body "http://127.0.0.1:8080$path" 2> answer
	ended=$?
	status=$(sed -n 's/^ *HTTP[^ ]* \([0-9]*\).*/\1/p' answer | tail -1)
	if [ "$ended" = 4 ]; then status=000; fi
	echo "got $status $path $(sha256sum < body | cut -c 1-64)"
done < ../files/etc/uci-defaults/99-asu-defaults > fetched
