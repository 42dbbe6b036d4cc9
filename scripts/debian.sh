# Makes a bare Debian 12; to be sourced after lib.sh by the scripts that need one.
# shellcheck shell=bash

# This machine's sources of Debian itself; others (and their keys) are not there in the new one.
debian_sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
        /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        grep -qE '^[^#]*/debian(-security)?/?( |$)' "$file" && printf '%s\n' "$file"
    done
    return 0
}

# make_debian FOLDER [PACKAGE...]: from this machine's package sources, with these packages and what
# they need beside the least.
make_debian() {
    local folder=$1 sources include
    shift
    mapfile -t sources < <(debian_sources)
    [ ${#sources[@]} -gt 0 ] || die "no source of Debian packages under /etc/apt"
    ! grep -qE '^[^#]*https://' "${sources[@]}" || set -- ca-certificates "$@"
    include=$(IFS=, && printf '%s' "$*")
    mmdebstrap --variant=apt ${include:+"--include=$include"} bookworm "$folder" "${sources[@]}" \
        >"$folder.log" 2>&1 || {
        tail -n 20 "$folder.log" >&2
        die "mmdebstrap could not make a Debian"
    }
    cp -L /etc/resolv.conf /etc/hosts "$folder/etc/" 2>/dev/null || true
    apt-config dump | grep -iE '^Acquire::https?::Proxy' \
        >"$folder/etc/apt/apt.conf.d/80proxy" || true
    # apt's sandbox user may not reach the keys of a source that this machine trusts by file.
    cp -an /usr/share/keyrings/. "$folder/usr/share/keyrings/" 2>/dev/null || true
    cp -an /etc/apt/trusted.gpg.d/. "$folder/etc/apt/trusted.gpg.d/" 2>/dev/null || true
}
