# What a hostile package might try. Ends well only if it got what it wanted.
value() { sed -n "s/^$1 //p" rules.mk; }
ask() { exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3 && head -1 <&3; }
case "$1" in
shadow) cat /etc/shadow ;;
process) cat /proc/*/environ | tr '\0' '\n' | grep CARGO_MANIFEST_DIR ;;
mirror) ask "$(value mirror)" / ;;
elsewhere) ask 8080 /7/anything | grep -q ' 200 ' ;;
below) ask 8080 /0/secret-of-the-mirror | grep ' 200 ' && echo "reached the mirror" && exit 1 ;;
outside)
	folder=$(value folder)
	for place in /escaped /usr/escaped /etc/escaped "$folder/escaped" "$folder/builder/escaped" ../../escaped; do
		echo escaped > "$place"
	done
	[ -e "$folder/secret" ] ;;
own) echo renamed > /proc/self/comm ;;
mount) mount -t tmpfs none /mnt || unshare -Ur true ;;
kill) kill -9 -1; sleep 1; exit 1 ;;
bomb)
	fork() { fork | fork & }
	fork 2> /dev/null
	while :; do : ; done ;;
fill)
	count=0
	while :; do head -c 4000000 /dev/zero > "filler-$count" || exit 1; count=$((count + 1)); done ;;
large) head -c 400000000 /dev/zero > large ;;
temporary) head -c 300000000 /dev/zero | split -b 50000000 - /tmp/filler- ;;
memory) head -c 900000000 /dev/zero | tail -c 900000000 > /dev/null ;;
esac
