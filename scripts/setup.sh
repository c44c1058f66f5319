#!/bin/sh
# Makes or renews .venv: the locked dependencies, then the three packages, editable. `make setup` runs it.
# stdout belongs to the program that is run afterwards, so everything here goes to stderr.
set -eu
exec >&2 </dev/null

cd "$(dirname "$0")/.."
here=$(pwd -P)
venv=.venv
stamp=$venv/.stamp

fail() {
    echo "zchat: $*"
    exit 1
}

# succeeds when $1 runs and is Python 3.11 or newer
suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# succeeds when $1 can make a virtual environment (Debian and Ubuntu leave ensurepip out)
has_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Sets python: $PYTHON when given, else the first that suits, one that has venv before one that has not.
find_python() {
    python=
    if [ -n "${PYTHON:-}" ]; then
        suits "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer"
        python=$PYTHON
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        suits "$candidate" || continue
        python=${python:-$candidate}
        if has_venv "$candidate"; then
            python=$candidate
            return
        fi
    done
    [ -n "$python" ] || fail "needs Python 3.11 or newer: install it, or name it: make setup PYTHON=/path/to/python3"
}

# Debian and Ubuntu keep venv in a package of its own; root can be spared the trip.
add_venv() {
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
        echo "zchat: installing $package"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" || true
    fi
    has_venv "$python" || fail "$python has no venv module: install it (Debian, Ubuntu: sudo apt-get install $package)"
}

# An environment that was made elsewhere, or not to its end, is made anew.
if [ "$(cat $stamp 2>/dev/null)" != "$here" ] || ! suits $venv/bin/python; then
    find_python
    has_venv "$python" || add_venv
    echo "zchat: making $venv with $("$python" --version) (once)"
    "$python" -m venv --clear $venv
else
    echo "zchat: renewing $venv"
fi

pip() {
    $venv/bin/python -m pip --disable-pip-version-check install --quiet "$@"
}
pip --require-hashes -r requirements/dev.lock
pip --no-deps --no-build-isolation -e ./common -e ./broker -e ./client
echo "$here" >$stamp
