#!/bin/sh
# A PostgreSQL that lives as long as its standard input: whoever holds the other end may panic or be
# killed, and nothing is left behind.
#
# Arguments: the folder of PostgreSQL's programs, and `fast`, or `durable` for the settings of a plain
# installation. It prints the folder of its socket once it accepts
# connections; then each line read is a database to make, or `restart SIGNAL SECONDS`: the server is ended
# by that signal and stays away for so long. The line is printed when that is done.
set -eu
programs=$1
settings=$2

if [ "$settings" = durable ]; then
    where=/var/tmp
    set --
else
    # In memory if there is plenty: making databases takes a fifth of the time.
    free=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)
    if [ "${free:-0}" -gt 4000000 ] && [ -w /dev/shm ]; then where=/dev/shm; else where=/tmp; fi
    set -- -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off
fi
home=$(mktemp -d $where/asu-postgres.XXXXXX)
server=
finish() {
    if [ -n "$server" ]; then
        # At once: nothing in it is wanted any more.
        kill -QUIT "$server" || true
        wait "$server" || true
    fi
    rm -rf "$home"
}
trap finish EXIT
# Whoever asked may be gone before the answer.
trap 'exit 1' PIPE TERM HUP

# An order of text unlike SQLite's, to see that none is relied on.
"$programs/initdb" --pgdata="$home/data" --username=asu --auth=trust --no-sync --encoding=UTF8 \
    --locale=C --locale-provider=icu --icu-locale=en >"$home/log" 2>&1 ||
    { cat "$home/log" >&2; exit 1; }

begin() {
    "$programs/postgres" -D "$home/data" -k "$home" -c listen_addresses= -c max_connections=400 "$@" \
        </dev/null >>"$home/log" 2>&1 &
    server=$!
    tries=0
    until "$programs/pg_isready" --quiet --host="$home" --dbname=postgres --username=asu; do
        tries=$((tries + 1))
        if [ $tries -gt 600 ] || ! kill -0 "$server"; then
            cat "$home/log" >&2
            exit 1
        fi
        sleep 0.05
    done
}

begin "$@"
echo "$home"

while read -r word signal seconds; do
    if [ "$word" = restart ]; then
        kill -s "$signal" "$server"
        wait "$server" || true
        sleep "$seconds"
        begin "$@"
        echo "$word $signal $seconds"
    else
        "$programs/createdb" --host="$home" --username=asu "$word"
        echo "$word"
    fi
done
