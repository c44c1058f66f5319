#!/bin/sh
# Installs the servers that the benchmarks compare with, where Debian's or Ubuntu's packages can be had and root runs this.
# Their services are not started: the benchmarks start each one themselves, with a configuration of their own.
set -eu
exec >&2 </dev/null

packages=
for pair in redis-server:redis-server ngircd:ngircd mosquitto:mosquitto gcc:gcc; do
    PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null || packages="$packages ${pair##*:}"
done
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "zchat: these would be measured too if they were installed:$packages"
    exit 0
fi

# Debian's way to say that a package may not start what it installs.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
echo "zchat: installing$packages"
# shellcheck disable=SC2086
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages >/dev/null ||
    echo "zchat: not all could be installed; what is missing is named in the tables"
