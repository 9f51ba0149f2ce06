#!/usr/bin/env bash
# A certificate of your own for trying Recycler over https, as the camera of a phone needs it: make certificate
# Names and addresses of this machine are in it, and those that are given: deploy/certificate.sh recycle.example 10.0.0.7
# Browsers warn of it once, because nobody but you vouches for it. For a town, get one from a certificate authority.
set -euo pipefail
folder="$(dirname "${BASH_SOURCE[0]}")/certificates"
mkdir -p "$folder"

addresses="$(hostname -I 2>/dev/null || ipconfig getifaddr en0 2>/dev/null || true)"
names="DNS:localhost,DNS:$(hostname),IP:127.0.0.1"
for name in $addresses "$@"; do
    if [[ "$name" =~ ^[0-9.]+$ || "$name" == *:* ]]; then names+=",IP:$name"; else names+=",DNS:$name"; fi
done

umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 365 -subj "/CN=Recycler" \
    -addext "subjectAltName=$names" -keyout "$folder/key.pem.new" -out "$folder/certificate.pem.new" 2>/dev/null
mv "$folder/key.pem.new" "$folder/key.pem"
mv "$folder/certificate.pem.new" "$folder/certificate.pem"
chmod 755 "$folder" && chmod 644 "$folder"/*.pem # for trying: the proxy in its container is another user
echo "Written to $folder, for a year: ${names//,/, }"
